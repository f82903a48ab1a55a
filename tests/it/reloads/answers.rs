//! Answers of the gateway that do not fit: they are in doubt, with what does not fit, and never money.

use linerent::operations::reload::Finding;
use linerent_testkit::World;
use linerent_testkit::stripe_server::{Fault, StripeServer};

async fn below_the_threshold(world: &World, key: &str) {
    world.account(key, "0").await;
    world.auto_reload(key, "5", "5", "pm_card_visa").await;
}

/// Two accounts below their thresholds; the first has been charged.
async fn two_accounts(world: &mut World) -> StripeServer {
    let server = StripeServer::start().await;
    world.use_stripe(&server);
    below_the_threshold(world, "0000000a").await;
    assert_eq!(world.check().await.captured, 1);
    below_the_threshold(world, "0000000b").await;
    server
}

/// The status and the reason of the account's only reload.
async fn reload_of(world: &World, key: &str) -> (&'static str, String) {
    let mut reloads = world.reloads(key).await;
    let reload = reloads.pop().expect("a reload");
    assert!(reloads.is_empty(), "{reloads:?}");
    (reload.status, reload.reason.unwrap_or_default())
}

on_both_engines!(an_answer_that_belongs_to_another_charge_is_in_doubt, |world| {
    let server = two_accounts(world).await;
    below_the_threshold(world, "0000000c").await;
    server.faults(&[Fault::AnotherPayment, Fault::AnotherPayment]);
    assert_eq!(world.check().await.captured, 0);
    let first = world.reloads("0000000a").await[0].id.clone();
    for key in ["0000000b", "0000000c"] {
        let own = world.reloads(key).await[0].id.clone();
        let reason = format!(
            "the answer of the gateway belongs to another charge: it names the reload `{first}`, not `{own}`"
        );
        assert_eq!(reload_of(world, key).await, ("in_doubt", reason));
        assert_eq!(world.balance(key).await, "0.00");
    }
    assert_eq!(server.captured().len(), 1);
    // The gateway is asked again under the same key.
    assert_eq!(world.check().await.captured, 2);
    assert_eq!(server.captured().len(), 3);
    assert_eq!(world.balance("0000000c").await, "5.00");
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(an_id_that_has_paid_another_reload_pays_no_second_one, |world| {
    let server = two_accounts(world).await;
    server.faults(&[Fault::UsedId]);
    assert_eq!(world.check().await.captured, 0);
    let reason =
        "the answer of the gateway belongs to another charge: another reload has been paid by it";
    assert_eq!(reload_of(world, "0000000b").await, ("in_doubt", reason.to_owned()));
    assert_eq!(world.balance("0000000b").await, "0.00");
    // The gateway repeats its answer.
    assert_eq!(world.check().await.captured, 0);
    assert_eq!(world.balance("0000000b").await, "0.00");
    // The operator looks at it, and the gateway cannot contradict.
    let id = world.reloads("0000000b").await[0].id.clone();
    world
        .resolve(&id, Finding::Captured, "seen on the account of the gateway")
        .await
        .expect("it is resolved");
    assert_eq!(world.balance("0000000b").await, "5.00");
});

on_both_engines!(an_id_that_no_database_holds_is_in_doubt, |world| {
    let server = two_accounts(world).await;
    server.faults(&[Fault::NulInId]);
    world.check().await;
    let reason = "the answer of the gateway belongs to another charge: its id is `pi_\u{fffd}`, which is not an id of the gateway";
    assert_eq!(reload_of(world, "0000000b").await, ("in_doubt", reason.to_owned()));
    assert_eq!(world.balance("0000000b").await, "0.00");
});

on_both_engines!(a_decline_in_words_that_no_database_holds_is_recorded, |world| {
    let server = two_accounts(world).await;
    server.faults(&[Fault::NulInMessage]);
    assert_eq!(world.check().await.declined, 1);
    let reason = "card_declined\u{fffd}: Your card\u{fffd} was \u{fffd}[31mdeclined.";
    assert_eq!(reload_of(world, "0000000b").await, ("declined", reason.to_owned()));
    assert_eq!(world.told("0000000b").await, ["reload_declined/2026-01-31"]);
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(the_database_refuses_a_second_reload_with_the_reference_of_a_charge, |world| {
    let _server = two_accounts(world).await;
    assert_eq!(world.check().await.captured, 1);
    let refusal = world.sql_error_of("UPDATE reloads SET reference = 'pi_1'").await;
    assert!(refusal.contains("reference"), "{refusal}");
});
