//! What the database refuses by itself, whoever asks.

use linerent::operations::rentals::cancel::CancelAt;
use linerent_testkit::World;

/// One account with one rental, and 3 EUR left.
async fn one_rental(world: &World) {
    world.numbers(&["447700900001"], "2.00").await;
    world.account("0000000a", "5").await;
    world.rent("0000000a", "447700900001").await;
}

on_both_engines!(a_transfer_is_never_changed_nor_removed, |world| {
    one_rental(world).await;
    let before = world.dump().await;
    let mut statements = vec![
        "UPDATE transfers SET amount = 1",
        "UPDATE transfers SET reason = 'x' WHERE sequence = 1",
        "DELETE FROM transfers",
        "DELETE FROM transfers WHERE sequence = 2",
    ];
    statements.push(match world.engine {
        Engine::Sqlite => {
            "INSERT OR REPLACE INTO transfers
             SELECT account_id, sequence, code, debit, credit, amount + 1, currency, balance_after,
                idempotency_key, subscription, period_start, period_end, past_due_since, reason,
                posted_on, posted_at
             FROM transfers"
        }
        Engine::Postgres => "TRUNCATE transfers",
    });
    for statement in statements {
        let refusal = world.sql_error_of(statement).await;
        assert!(refusal.contains("transfers_append_only"), "{statement}: {refusal}");
    }
    assert_eq!(world.dump().await, before);
});

on_both_engines!(the_change_log_is_never_changed_nor_removed, |world| {
    one_rental(world).await;
    world.auto_reload("0000000a", "5", "20", "pm_card_visa").await;
    world.cancel("447700900001", CancelAt::PeriodEnd).await;
    let before = world.dump().await;
    assert_eq!(before.iter().filter(|row| row.starts_with("change_log|")).count(), 2);
    let all_of_it = "account_id, version, ordinal, kind, subscription, threshold, amount_before,
        amount, effective_on, text_before, text, transfer_count, changed_on, changed_at";
    let again = format!("INTO change_log ({all_of_it}) SELECT {all_of_it} FROM change_log");
    let mut statements = vec![
        "UPDATE change_log SET amount = 1".to_owned(),
        "UPDATE change_log SET text = 'x' WHERE kind = 'auto_reload_set'".to_owned(),
        "DELETE FROM change_log".to_owned(),
        "DELETE FROM change_log WHERE subscription = 1".to_owned(),
    ];
    statements.push(match world.engine {
        Engine::Sqlite => format!("INSERT OR REPLACE {again}"),
        Engine::Postgres => "TRUNCATE change_log".to_owned(),
    });
    for statement in statements {
        let refusal = world.sql_error_of(&statement).await;
        assert!(refusal.contains("change_log_append_only"), "{statement}: {refusal}");
    }
    // The same is not logged twice.
    let refusal = world.sql_error_of(&format!("INSERT {again}")).await;
    assert!(refusal.contains("change_log_"), "{refusal}");
    assert_eq!(world.dump().await, before);
});

on_both_engines!(a_period_is_not_charged_twice, |world| {
    one_rental(world).await;
    let again =
        "INSERT INTO transfers (account_id, sequence, code, debit, credit, amount, currency,
            balance_after, idempotency_key, subscription, period_start, period_end, posted_on,
            posted_at)
        SELECT account_id, 3, code, debit, credit, amount, currency, 1000000, idempotency_key,
            subscription, period_start, period_end, posted_on, posted_at
        FROM transfers
        WHERE code = 'rental'";
    let before = world.dump().await;
    let refusal = world.sql_error_of(again).await;
    assert!(refusal.contains("transfers"), "{refusal}");
    assert_eq!(world.dump().await, before);
});

on_both_engines!(nobody_overdraws, |world| {
    one_rental(world).await;
    let refusal = world.sql_error_of("UPDATE accounts SET balance = -1").await;
    assert!(refusal.contains("accounts_no_overdraft"), "{refusal}");
    world.execute_sql("UPDATE accounts SET credit_limit = 1, balance = -1").await;
    let refusal = world.sql_error_of("UPDATE accounts SET balance = -2").await;
    assert!(refusal.contains("accounts_no_overdraft"), "{refusal}");
});

on_both_engines!(a_number_has_one_renter, |world| {
    one_rental(world).await;
    world.account("0000000b", "5").await;
    let refusal = world.sql_error_of("UPDATE numbers SET account_id = NULL").await;
    assert!(refusal.contains("numbers_renter"), "{refusal}");
    let twice = "INSERT INTO subscriptions (account_id, ordinal, msisdn, started_on, monthly_price,
            periods_charged, next_renewal_on, ends_at_period_end)
        SELECT account_id, 2, msisdn, started_on, monthly_price, periods_charged, next_renewal_on,
            ends_at_period_end
        FROM subscriptions";
    world.sql_error_of(twice).await;
});

on_both_engines!(a_date_is_one_that_the_calendar_holds, |world| {
    one_rental(world).await;
    let beyond = match world.engine {
        Engine::Sqlite => {
            ["5", "'soon'", "'2026-02-1x'", "'2026-02-30'", "'10000-01-01'"].as_slice()
        }
        Engine::Postgres => ["'infinity'", "'-infinity'", "'10000-01-01'"].as_slice(),
    };
    for date in beyond {
        for column in ["started_on", "next_renewal_on", "past_due_since"] {
            let statement = format!("UPDATE subscriptions SET {column} = {date}");
            let refusal = world.sql_error_of(&statement).await;
            assert!(refusal.contains("subscriptions_"), "{statement}: {refusal}");
        }
    }
});
