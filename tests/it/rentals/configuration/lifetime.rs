//! A configuration ends with its rental, and several changes at once are all kept.

use super::*;

on_both_engines!(what_is_configured_goes_when_the_rental_is_cancelled, |world| {
    with_a_rented_number(world).await;
    configure(world, application("crm")).await;
    world.cancel(NUMBER, CancelAt::Once).await;
    assert_eq!(configurations(world).await, Vec::<String>::new());
    // Not even the same account finds it again.
    world.rent("0000000a", NUMBER).await;
    assert_eq!(configuration(world).await.configuration.application, None);
    let shown = world.number(NUMBER).await.configuration.expect("it is rented");
    assert_eq!(shown.application, None);
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(at_the_end_of_the_period_it_goes_and_not_before, |world| {
    with_a_rented_number(world).await;
    configure(world, application("crm")).await;
    world.cancel(NUMBER, CancelAt::PeriodEnd).await;
    configure(world, application("erp")).await;
    world.advance("2026-02-27").await;
    assert_eq!(configurations(world).await, ["10|1|erp"]);
    world.advance("2026-02-28").await;
    assert_eq!(configurations(world).await, Vec::<String>::new());
});

on_both_engines!(the_next_renter_of_a_released_number_finds_nothing, |world| {
    world.change_policy(|policy| policy.release.hold.days = 0);
    world.app.settings.webhooks.allow_private = true;
    world.numbers(&[NUMBER, "447700900002"], "2.00").await;
    world.account("0000000a", "4").await;
    world.account("0000000b", "10").await;
    world.rent("0000000a", NUMBER).await;
    world.rent("0000000b", "447700900002").await;
    configure(world, application("crm")).await;
    configure::configure(&world.app, &number("447700900002"), None, &change(&application("hers")))
        .await
        .expect("hers");
    world.advance("2026-03-31").await;
    assert_eq!(world.number(NUMBER).await.status, "available");
    // Others' stays, through renewals too.
    assert_eq!(configurations(world).await, ["11|1|hers"]);
    world.rent("0000000b", NUMBER).await;
    assert_eq!(configuration(world).await.configuration.application, None);
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(each_renter_of_a_shared_short_code_has_a_configuration_of_its_own, |world| {
    world.shared_short_code("98975", "1.00").await;
    for key in ["0000000a", "0000000b"] {
        world.account(key, "10").await;
        world.rent(key, "98975").await;
        let wanted = change(&application(&format!("of-{key}")));
        configure::configure(&world.app, &number("98975"), Some(id(key)), &wanted)
            .await
            .expect("its own");
    }
    assert_eq!(configurations(world).await, ["10|1|of-0000000a", "11|1|of-0000000b"]);
    assert!(world.number("98975").await.configuration.is_none());
    let undecided =
        configure::show(&world.app, &number("98975"), None).await.expect_err("two rent it");
    let undecided = said(undecided);
    assert!(undecided.contains("--account"), "{undecided}");
});

on_both_engines!(a_rental_that_ends_while_a_webhook_is_asked_is_not_configured, |world| {
    with_a_rented_number(world).await;
    let gate = Arc::new(Semaphore::new(0));
    let (asked, theirs) = (Arc::new(Semaphore::new(0)), Arc::clone(&gate));
    let noticed = Arc::clone(&asked);
    let server = Server::start(move |_| {
        noticed.add_permits(1);
        Answer::Later(Arc::clone(&theirs))
    })
    .await;
    let url = Some(server.url("/sms"));
    let wanted = change(&ConfigurationOptions { inbound_sms_url: url, ..Default::default() });
    let msisdn = number(NUMBER);
    let configuring = configure::configure(&world.app, &msisdn, None, &wanted);
    let meanwhile = async {
        asked.acquire().await.expect("it stays open").forget();
        world.cancel(NUMBER, CancelAt::Once).await;
        world.rent("0000000a", NUMBER).await;
        gate.add_permits(1);
    };
    let (outcome, ()) = tokio::join!(configuring, meanwhile);
    let refusal = said(outcome.expect_err("the rental has ended"));
    assert_eq!(
        refusal,
        format!(
            "the rental of {NUMBER} has ended meanwhile\nhint: `linerent number show {NUMBER}` shows its status"
        )
    );
    assert_eq!(configurations(world).await, Vec::<String>::new());
});

on_both_engines!(what_two_configure_at_once_is_kept_of_both, |world| {
    with_a_rented_number(world).await;
    let (first, second) = (world.another_app().await, world.another_app().await);
    let tel = ConfigurationOptions {
        voice_callback: Some(("tel".to_owned(), "447700900002".to_owned())),
        ..Default::default()
    };
    let smpp =
        ConfigurationOptions { smpp_system_type: Some("inbound".to_owned()), ..Default::default() };
    let (msisdn, tel) = (number(NUMBER), change(&tel));
    let (smpp, crm) = (change(&smpp), change(&application("crm")));
    let outcomes = tokio::join!(
        configure::configure(&first, &msisdn, None, &tel),
        configure::configure(&second, &msisdn, None, &smpp),
        configure::configure(&world.app, &msisdn, None, &crm),
    );
    assert!(outcomes.0.is_ok() && outcomes.1.is_ok() && outcomes.2.is_ok(), "{outcomes:?}");
    let it = configuration(world).await.configuration;
    assert!(
        it.voice_callback.is_some() && it.smpp_system_type.is_some() && it.application.is_some(),
        "{it:?}"
    );
    first.store.close().await;
    second.store.close().await;
});

on_both_engines!(the_database_keeps_no_configuration_without_a_subscription, |world| {
    with_a_rented_number(world).await;
    for (ordinal, kind, callback) in
        [(2, "NULL", "NULL"), (1, "'fax'", "'1'"), (1, "'sip'", "NULL")]
    {
        world
            .sql_error_of(&format!(
            "INSERT INTO configurations (account_id, ordinal, voice_callback_type, voice_callback)
             VALUES (10, {ordinal}, {kind}, {callback})"
        ))
            .await;
    }
    configure(world, application("crm")).await;
    world.sql_error_of("DELETE FROM subscriptions").await;
});
