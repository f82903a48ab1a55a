//! What an operator sees of reloads, and what only a person can decide.

use std::time::Duration;

use linerent::billing::close_account::EndRentals;
use linerent::cli::views::audit::AuditView;
use linerent::operations::accounts::close;
use linerent::operations::reload::{self, Finding};
use linerent::operations::{audit, run::Watch};
use linerent::reload::{Reload, ReloadStatus};
use linerent_testkit::reloads::KEY;
use linerent_testkit::stripe_server::{Fault, StripeServer};
use linerent_testkit::{World, id, said};

/// One reload that the gateway will never say anything of: it is down, and stays so.
async fn one_in_doubt(world: &mut World) -> (StripeServer, String) {
    let stand_in = StripeServer::start().await;
    world.use_stripe(&stand_in);
    world.renter("2", "2").await;
    world.auto_reload(KEY, "5", "4", "pm_card_visa").await;
    stand_in.outage(Some(Fault::CutAfter));
    world.first_renewal().await;
    let id = world.reloads(KEY).await.remove(0).id;
    (stand_in, id)
}

on_both_engines!(a_person_says_that_it_was_captured, |world| {
    let (_stand_in, id) = one_in_doubt(world).await;
    let resolved = world.resolve(&id, Finding::Captured, "seen in the dashboard");
    let resolved = resolved.await.expect("a resolution");
    assert_eq!(resolved.status, "captured");
    assert_eq!(resolved.reason.as_deref(), Some("resolved by hand: seen in the dashboard"));
    assert_eq!(world.balance(KEY).await, "6.00", "8 credited, 2 paid");
    assert_eq!(world.subscriptions(KEY).await[0].status, "active");
    let again = world.resolve(&id, Finding::Declined, "no").await;
    let refusal = again.expect_err("it is settled");
    assert_eq!(
        said(refusal),
        format!(
            "reload {id} is captured already\nhint: `linerent reload show {id}` shows when and why"
        )
    );
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(what_may_still_be_on_its_way_no_person_decides, |world| {
    let stand_in = StripeServer::start().await;
    world.use_stripe(&stand_in);
    world.account(KEY, "1").await;
    world.auto_reload(KEY, "5", "20", "pm_card_visa").await;
    stand_in.faults(&[Fault::CutBefore]);
    world.run().await;
    let id = world.reloads(KEY).await.remove(0).id;
    let refused = world.resolve(&id, Finding::Declined, "not to be seen").await;
    let refusal = said(refused.expect_err("it was sent a moment ago"));
    assert!(refusal.contains("it may still be on its way"), "{refusal}");
    // Nothing keeps others from asking: the hold is over.
    assert_eq!(world.check().await.captured, 1);
});

on_both_engines!(what_the_gateway_did_wrong_a_person_decides, |world| {
    let stand_in = StripeServer::start().await;
    world.use_stripe(&stand_in);
    world.account(KEY, "1").await;
    world.auto_reload(KEY, "5", "20", "pm_card_visa").await;
    stand_in.faults(&[Fault::CutBefore]);
    world.run().await;
    let id = world.reloads(KEY).await.remove(0).id;
    stand_in.add_captured(&id, 1_999);
    let resolved = world.resolve(&id, Finding::Captured, "1 cent is ours").await;
    assert_eq!(resolved.expect("a person is heard").status, "captured");
    assert_eq!(world.balance(KEY).await, "21.00");
});

on_both_engines!(a_person_says_that_it_was_declined, |world| {
    let (_stand_in, id) = one_in_doubt(world).await;
    let resolved = world.resolve(&id, Finding::Declined, "the bank says no").await;
    assert_eq!(resolved.expect("a resolution").status, "declined");
    assert_eq!(world.balance(KEY).await, "0.00");
    assert_eq!(world.show(KEY).await.auto_reload.expect("on").declines, 1);
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(what_the_gateway_knows_no_person_decides, |world| {
    let (stand_in, id) = one_in_doubt(world).await;
    stand_in.outage(None);
    let refused = world.resolve(&id, Finding::Declined, "I think so").await;
    let refusal = refused.expect_err("the gateway knows");
    assert_eq!(
        said(refusal),
        format!(
            "reload {id} cannot be resolved by hand: the gateway says that it was captured\nhint: `linerent reload check` asks the gateway and records its answer"
        )
    );
    assert_eq!(world.reloads(KEY).await[0].status, "in_doubt");
    assert_eq!(world.check().await.captured, 1);
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(while_the_gateway_is_asked_no_person_decides, |world| {
    let stand_in = StripeServer::start().await;
    stand_in.latency(Duration::from_millis(200));
    world.use_stripe(&stand_in);
    world.account(KEY, "1").await;
    world.auto_reload(KEY, "5", "20", "pm_card_visa").await;
    let resolving = async {
        stand_in.wait_for_a_charge().await;
        let id = world.reloads(KEY).await.remove(0).id;
        world.resolve(&id, Finding::Declined, "I think so").await
    };
    let (check, resolved) = tokio::join!(world.check(), resolving);
    let refusal = said(resolved.expect_err("it is under way"));
    assert!(refusal.contains("the gateway is being asked about it at this moment"), "{refusal}");
    assert_eq!((check.captured, check.declined), (1, 0));
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(what_was_never_sent_was_not_captured, |world| {
    let stand_in = StripeServer::start().await;
    world.use_stripe(&stand_in);
    world.change_policy(|policy| policy.run.charges = 1);
    for account in 0..6 {
        let key = format!("0000000{account}");
        world.account(&key, "1").await;
        world.auto_reload(&key, "5", "20", "pm_card_visa").await;
    }
    // After five failures in a row the gateway is not asked any more.
    stand_in.outage(Some(Fault::CutBefore));
    world.check().await;
    let last = world.reloads("00000005").await.remove(0);
    assert_eq!((last.status, last.attempts), ("requested", 0));
    let refused = world.resolve(&last.id, Finding::Captured, "surely").await;
    let refusal = said(refused.expect_err("it was not sent"));
    assert!(refusal.contains("it was never sent to the gateway"), "{refusal}");
    let closed = world.resolve(&last.id, Finding::Declined, "not needed").await;
    assert_eq!(closed.expect("it is closed").status, "declined");
});

on_both_engines!(money_that_comes_after_a_reload_was_closed_is_credited, |world| {
    let stand_in = StripeServer::start().await;
    stand_in.latency(Duration::from_millis(200));
    world.use_stripe(&stand_in);
    world.account(KEY, "1").await;
    world.auto_reload(KEY, "5", "20", "pm_card_visa").await;
    let closing = async {
        stand_in.wait_for_a_charge().await;
        world
            .execute_sql(
                "UPDATE reloads
                 SET status = 'lapsed', settled_on = requested_on, settled_at = requested_at",
            )
            .await;
    };
    let (check, ()) = tokio::join!(world.check(), closing);
    assert_eq!(check.captured, 1);
    assert_eq!(world.balance(KEY).await, "21.00");
    assert_eq!(world.reloads_in_short(KEY).await, "captured 20.00");
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(a_closed_account_is_not_reloaded, |world| {
    world.account(KEY, "0").await;
    world.auto_reload(KEY, "5", "20", "pm_card_visa").await;
    close::close(&world.app, id(KEY), EndRentals::Yes).await.expect("a closed account");
    let run = world.run().await;
    assert_eq!((run.reloads.requested, run.failures.len()), (0, 0));
    assert_eq!(world.check().await.requested, 0);
    assert_eq!(world.show(KEY).await.auto_reload, None);
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(an_order_that_is_ended_while_in_doubt_stays_ended, |world| {
    let (stand_in, _) = one_in_doubt(world).await;
    world.auto_reload_off(KEY).await;
    let next = world.advance("2026-03-01").await.remove(0);
    assert_eq!((next.reloads.in_doubt, next.released), (1, 0), "what is in doubt still counts");
    stand_in.outage(None);
    assert_eq!(world.check().await.captured, 1);
    assert_eq!(world.show(KEY).await.auto_reload, None);
    assert_eq!(world.subscriptions(KEY).await[0].status, "active");
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(an_account_with_an_open_reload_is_not_closed, |world| {
    world.account(KEY, "0").await;
    world.auto_reload(KEY, "5", "4", "pm_sandbox_timeoutAfterCapture").await;
    world.run().await;
    let refusal = close::close(&world.app, id(KEY), EndRentals::Yes).await.expect_err("it is open");
    let id = world.reloads(KEY).await.remove(0).id;
    assert!(said(refusal).contains(&format!("the reload {id}, which is not settled")));
});

on_both_engines!(reloads_are_listed_newest_first_and_by_status, |world| {
    world.account(KEY, "1").await;
    world.account("0000000b", "1").await;
    world.auto_reload(KEY, "5", "20", "pm_sandbox_declines_1").await;
    world.auto_reload("0000000b", "5", "20", "pm_card_visa").await;
    world.run().await;
    world.advance("2026-02-01").await;
    let statuses = |reloads: Vec<Reload>| -> Vec<_> {
        reloads.iter().map(|it| (it.id.account().to_string(), it.status.as_str())).collect()
    };
    let account = KEY.parse().expect("a key");
    let list = |account, status| reload::list(&world.app, account, status, 100);
    let all = statuses(list(None, None).await.expect("a list"));
    assert_eq!(
        all,
        [
            (KEY.to_owned(), "captured"),
            (KEY.to_owned(), "declined"),
            ("0000000b".to_owned(), "captured"),
        ]
    );
    assert_eq!(list(Some(account), Some(ReloadStatus::Captured)).await.expect("a list").len(), 1);
    assert_eq!(list(None, Some(ReloadStatus::InDoubt)).await.expect("a list"), []);
});

/// What the audit says, with the ids taken out.
async fn findings(world: &World, id: &str) -> Vec<String> {
    let all = world.disagreements().await;
    all.into_iter().map(|it| it.what.replace(id, "ID")).collect()
}

/// One reload that was captured and credited, 20 EUR.
async fn one_captured(world: &mut World) -> (StripeServer, String) {
    let stand_in = StripeServer::start().await;
    world.use_stripe(&stand_in);
    world.account(KEY, "1").await;
    world.auto_reload(KEY, "5", "20", "pm_card_visa").await;
    world.run().await;
    assert_eq!(world.disagreements().await, []);
    let id = world.reloads(KEY).await.remove(0).id;
    (stand_in, id)
}

on_both_engines!(the_audit_names_what_only_the_gateway_has, |world| {
    let (stand_in, id) = one_captured(world).await;
    stand_in.add_captured("0000000a-000000000001", 500);
    stand_in.add_captured(&id, 2_000);
    assert_eq!(
        findings(world, &id).await,
        [
            "the gateway captured 5.00 EUR for the reload 0000000a-000000000001, which is not here",
            "reload ID was captured more than once at the gateway",
        ]
    );
});

on_both_engines!(the_audit_names_what_the_gateway_does_not_have, |world| {
    let (stand_in, id) = one_captured(world).await;
    stand_in.forget(&id);
    assert_eq!(
        findings(world, &id).await,
        ["reload ID is captured, and the gateway has no such charge"]
    );
});

on_both_engines!(the_audit_holds_reloads_against_the_ledger, |world| {
    let (_stand_in, id) = one_captured(world).await;
    world.execute_sql("UPDATE reloads SET amount = 21000000").await;
    assert_eq!(
        findings(world, &id).await,
        [
            "reload ID is credited with 20.00 EUR, and should be 21.00 EUR",
            "reload ID is of 21.00 EUR, and the gateway captured 20.00 EUR",
        ]
    );
    world.execute_sql("UPDATE reloads SET amount = 20000000, status = 'declined'").await;
    assert_eq!(
        findings(world, &id).await,
        [
            "reload ID is declined, and is credited",
            "reload ID is declined, and the gateway captured 20.00 EUR",
        ]
    );
    world.execute_sql("DELETE FROM reloads").await;
    assert_eq!(
        findings(world, &id).await,
        ["transfer 2 credits `reload/ID`, and there is no such reload"]
    );
});

on_both_engines!(a_capture_that_was_not_credited_is_named, |world| {
    world.account(KEY, "1").await;
    world.auto_reload(KEY, "5", "20", "pm_sandbox_timeoutAfterCapture").await;
    world.run().await;
    let id = world.reloads(KEY).await.remove(0).id;
    assert_eq!(world.disagreements().await, [], "what is open will be asked about");
    world
        .execute_sql(
            "UPDATE reloads
             SET status = 'captured', settled_on = requested_on, settled_at = requested_at",
        )
        .await;
    assert_eq!(findings(world, &id).await, ["reload ID is captured, and is not credited"]);
});

on_both_engines!(an_audit_without_the_gateway_says_so_and_goes_on, |world| {
    let (stand_in, _) = one_captured(world).await;
    stand_in.outage(Some(Fault::CutBefore));
    let audit = audit::audit(&world.app, &Watch::default()).await.expect("an audit");
    let audit = AuditView::from(&audit);
    assert_eq!((audit.disagreements, audit.gateway, audit.reloads), (vec![], None, 1));
    let why = audit.gateway_not_asked.expect("a reason");
    assert!(why.starts_with("stripe: the connection was lost"), "{why}");
});
