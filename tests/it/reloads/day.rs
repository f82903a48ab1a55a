//! What a run does about cards, on an ordinary day.

use linerent_testkit::reloads::KEY;
use rust_decimal::Decimal;

on_both_engines!(what_is_unpaid_is_paid_by_card_in_the_same_run, |world| {
    world.renter("2", "2").await;
    world.auto_reload(KEY, "5", "4", "pm_card_visa").await;
    let foretold = {
        world.sleep_until("2026-02-28").await;
        world.dry_run().await
    };
    assert_eq!((foretold.reloads.requested, foretold.renewed), (1, 0), "a card is not foretold");
    assert_eq!((foretold.past_due, foretold.released), (0, 0));
    let run = world.run().await;
    assert_eq!((run.accounts, run.renewed, run.renewed_amount), (1, 1, Some(Decimal::new(200, 2))));
    assert_eq!((run.reloads.requested, run.reloads.captured), (1, 1));
    assert_eq!((run.reloads.declined, run.reloads.in_doubt), (0, 0));
    assert_eq!((run.past_due, run.released, run.oldest_unbilled), (0, 0, None));
    assert_eq!(world.balance(KEY).await, "6.00", "twice 4, less 2");
    let codes: Vec<_> = world.statement(KEY).await.iter().map(|line| line.code).collect();
    assert_eq!(codes, ["top-up", "rental", "reload", "rental"]);
    let reload = world.reloads(KEY).await.remove(0);
    assert_eq!(world.statement(KEY).await[2].reference, Some(reload.id));
    assert_eq!(world.run_of("2026-02-28").await.reloads, run.reloads);
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(a_low_balance_is_reloaded_with_nothing_due, |world| {
    world.account(KEY, "4.99").await;
    world.auto_reload(KEY, "5", "20", "pm_card_visa").await;
    let run = world.run().await;
    assert_eq!((run.accounts, run.renewed, run.reloads.captured), (0, 0, 1));
    assert_eq!(world.balance(KEY).await, "24.99");
    let again = world.run().await;
    assert_eq!((again.reloads.requested, again.reloads.captured), (0, 0));
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(a_balance_that_renewals_bring_below_the_threshold_is_reloaded, |world| {
    world.renter("8", "2").await;
    world.auto_reload(KEY, "5", "20", "pm_card_visa").await;
    let run = world.first_renewal().await;
    assert_eq!((run.renewed, run.reloads.requested, run.reloads.captured), (1, 1, 1));
    assert_eq!(world.balance(KEY).await, "24.00");
});

on_both_engines!(without_an_order_no_card_is_charged, |world| {
    world.renter("2", "2").await;
    world.auto_reload(KEY, "5", "20", "pm_card_visa").await;
    world.auto_reload_off(KEY).await;
    let run = world.first_renewal().await;
    assert_eq!((run.reloads.requested, run.released), (0, 1));
    assert_eq!(world.reloads(KEY).await, []);
    let account = world.show(KEY).await;
    assert_eq!(
        (account.auto_reload, account.auto_reload_ended.expect("it was").status),
        (None, "off")
    );
});

on_both_engines!(an_answer_that_is_lost_is_asked_for_again_and_credited_once, |world| {
    for method in [
        "pm_sandbox_timeoutBeforeCapture",
        "pm_sandbox_timeoutAfterCapture",
        "pm_sandbox_answersLate",
        "pm_sandbox_error500_1",
    ] {
        let key = format!("{:08x}", method.len());
        world.account(&key, "1").await;
        world.auto_reload(&key, "5", "20", method).await;
        let run = world.run().await;
        assert_eq!((run.reloads.captured, run.reloads.in_doubt), (0, 1), "{method}");
        assert_eq!(world.balance(&key).await, "1.00", "{method}");
        let check = world.check().await;
        assert_eq!((check.requested, check.captured, check.in_doubt), (0, 1, 0), "{method}");
        assert_eq!(world.balance(&key).await, "21.00", "{method}");
        let reload = world.reloads(&key).await.remove(0);
        assert_eq!(
            (reload.status, reload.attempts, reload.reason),
            ("captured", 2, None),
            "{method}"
        );
    }
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(a_run_is_reported_with_what_is_still_open, |world| {
    world.account(KEY, "1").await;
    world.auto_reload(KEY, "5", "20", "pm_sandbox_error500_3").await;
    for in_doubt in [1, 1, 1, 0] {
        assert_eq!(world.run().await.reloads.in_doubt, in_doubt);
    }
    let of_the_date = world.run_of("2026-01-31").await.reloads;
    assert_eq!((of_the_date.requested, of_the_date.captured, of_the_date.in_doubt), (1, 1, 0));
});

on_both_engines!(one_gateway_does_not_answer_for_another, |world| {
    world.account(KEY, "1").await;
    world.auto_reload(KEY, "5", "20", "pm_sandbox_timeoutAfterCapture").await;
    world.run().await;
    let stand_in = linerent_testkit::stripe_server::StripeServer::start().await;
    world.use_stripe(&stand_in);
    let check = world.check().await;
    assert_eq!((check.captured, check.declined, check.in_doubt), (0, 0, 1));
    assert_eq!(stand_in.requests(), (0, 0), "it knows nothing of that charge");
});

on_both_engines!(what_the_card_paid_is_credited_though_the_account_cannot_be_billed, |world| {
    world.renter("2", "2").await;
    world.auto_reload(KEY, "5", "4", "pm_card_visa").await;
    world.sleep_until("2026-02-28").await;
    // The renewal's key is taken: it can never be charged, whatever the balance.
    world
        .execute_sql(
            "INSERT INTO transfers (account_id, sequence, code, debit, credit, amount, currency,
                balance_after, idempotency_key, posted_on, posted_at)
             VALUES (10, 99, 'adjustment', 'balance', 'adjustments', 1, 'EUR', 0,
                'rental/1/2026-02-28', '2026-02-28', '2026-02-28T00:00:00+00:00')",
        )
        .await;
    let run = world.run().await;
    assert_eq!((run.reloads.captured, run.renewed, run.failed_accounts), (1, 0, 1));
    assert_eq!(world.balance(KEY).await, "8.00");
    assert_eq!(world.reloads_in_short(KEY).await, "captured 8.00");
});
