//! One broken account never stops the run: it is reported, and the others are billed.

use linerent_testkit::{Engine, World};
use serde_json::Value;

/// What is done behind the product's back to account 0000000b, which is number 11, how it is
/// mended, and what the report says of it.
struct Poison {
    spoil: &'static str,
    mend: &'static str,
    reason: &'static str,
    /// Whether it shows before something is written.
    shows_when_read: bool,
    /// Accounts in one transaction: with one, there is nothing smaller to fall back on.
    batch_accounts: u32,
}

/// Four accounts with a due subscription each. The second is poisoned; it has one subscription
/// more, which it cannot pay for, so that something of it would be released.
async fn check_poison(world: &mut World, poison: Poison) {
    world.numbers(&["447700900001", "447700900002", "447700900003", "447700900004"], "2").await;
    world.numbers(&["447700900005"], "5").await;
    for (key, msisdn, balance) in [
        ("0000000a", "447700900001", "4"),
        ("0000000b", "447700900002", "9"),
        ("0000000c", "447700900003", "4"),
        ("0000000d", "447700900004", "4"),
    ] {
        world.account(key, balance).await;
        world.rent(key, msisdn).await;
    }
    world.rent("0000000b", "447700900005").await;
    world.sleep_until("2026-02-28").await;
    world.execute_sql(poison.spoil).await;

    let dry_run = world.dry_run().await;
    let (code, report) = run_by_the_program(world, &poison);
    assert_eq!(code, Some(2), "{report}");
    assert_eq!((&report["renewed"], &report["released"]), (&3.into(), &0.into()));
    assert!(!report["oldest_unbilled"].is_null());
    assert_eq!(report["failed_accounts"], 1);
    assert_eq!(report["failures"][0]["account"], "0000000b");
    let reason = report["failures"][0]["reason"].as_str().expect("a reason");
    assert!(reason.contains(poison.reason), "{reason}");
    for key in ["0000000a", "0000000c", "0000000d"] {
        assert_eq!(world.balance(key).await, "0.00", "{key} is billed");
    }
    for msisdn in ["447700900002", "447700900005"] {
        assert_eq!(world.number(msisdn).await.status, "rented", "{msisdn} is not released");
    }
    if poison.shows_when_read {
        assert_eq!(serde_json::to_value(&dry_run).expect("JSON"), report);
    }

    world.execute_sql(poison.mend).await;
    let (code, report) = run_by_the_program(world, &poison);
    assert_eq!(code, Some(0), "{report}");
    assert_eq!((&report["renewed"], &report["released"]), (&1.into(), &1.into()));
    assert_eq!(world.balance("0000000b").await, "0.00");
    let of_the_date = world.run_of("2026-02-28").await;
    assert_eq!((of_the_date.renewed, of_the_date.accounts), (4, 4));
    assert_eq!(of_the_date.failures, []);
    assert_eq!(world.disagreements().await, []);
}

fn run_by_the_program(world: &World, poison: &Poison) -> (Option<i32>, Value) {
    let mut program = world.program(&["--json", "run"]);
    program.env("LINERENT__RUN__BATCH_ACCOUNTS", poison.batch_accounts.to_string());
    let output = program.output().expect("the program starts");
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| {
        panic!("no report: {}", String::from_utf8_lossy(&output.stderr));
    });
    (output.status.code(), report)
}

on_both_engines!(an_account_in_a_currency_that_does_not_exist, |world| {
    let poison = Poison {
        spoil: "UPDATE accounts SET currency = 'ZZZ' WHERE account_id = 11",
        mend: "UPDATE accounts SET currency = 'EUR' WHERE account_id = 11",
        reason: "`ZZZ` is not a currency",
        shows_when_read: true,
        batch_accounts: 500,
    };
    check_poison(world, poison).await;
});

on_both_engines!(a_renewal_date_that_contradicts_the_calendar, |world| {
    let poison = Poison {
        spoil: "UPDATE subscriptions SET next_renewal_on = '2026-02-27'
                WHERE account_id = 11 AND ordinal = 1",
        mend: "UPDATE subscriptions SET next_renewal_on = '2026-02-28' WHERE account_id = 11",
        reason: "it renews on 2026-02-27, and should on 2026-02-28",
        shows_when_read: true,
        batch_accounts: 500,
    };
    check_poison(world, poison).await;
});

on_both_engines!(a_number_of_periods_that_cannot_be, |world| {
    let poison = Poison {
        spoil: "UPDATE subscriptions SET periods_charged = 9000000000 WHERE account_id = 11",
        mend: "UPDATE subscriptions SET periods_charged = 1 WHERE account_id = 11",
        reason: "invalid number of charged periods: 9000000000",
        shows_when_read: true,
        batch_accounts: 500,
    };
    check_poison(world, poison).await;
});

on_both_engines!(amounts_that_overflow, |world| {
    let poison = Poison {
        spoil: "UPDATE accounts SET credit_limit = 9223372036854775807 WHERE account_id = 11",
        mend: "UPDATE accounts SET credit_limit = 0 WHERE account_id = 11",
        reason: "the amount overflows",
        shows_when_read: true,
        batch_accounts: 500,
    };
    check_poison(world, poison).await;
});

on_both_engines!(a_transfer_that_the_database_refuses, |world| {
    let poison = Poison {
        spoil: "INSERT INTO transfers (account_id, sequence, code, debit, credit, amount, currency,
                    balance_after, idempotency_key, posted_on, posted_at)
                VALUES (11, 99, 'adjustment', 'balance', 'adjustments', 1, 'EUR', 0,
                    'rental/1/2026-02-28', '2026-02-28', '2026-02-28T00:00:00+00:00')",
        mend: match world.engine {
            Engine::Sqlite => {
                "DROP TRIGGER transfers_no_delete; DELETE FROM transfers WHERE sequence = 99"
            }
            Engine::Postgres => {
                "ALTER TABLE transfers DISABLE TRIGGER USER;
                 DELETE FROM transfers WHERE sequence = 99;
                 ALTER TABLE transfers ENABLE TRIGGER USER"
            }
        },
        reason: "the database refused a statement",
        shows_when_read: false,
        batch_accounts: 500,
    };
    check_poison(world, poison).await;
});

/// Nothing of the account can ever be written, as if somebody else's change always came first.
async fn check_always_changed(world: &mut World, batch_accounts: u32) {
    let poison = Poison {
        spoil: match world.engine {
            Engine::Sqlite => {
                "CREATE TRIGGER always_changed BEFORE UPDATE ON accounts WHEN OLD.account_id = 11
                 BEGIN SELECT RAISE(IGNORE); END"
            }
            Engine::Postgres => {
                "CREATE FUNCTION ignore() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
                 CREATE TRIGGER always_changed BEFORE UPDATE ON accounts FOR EACH ROW
                 WHEN (OLD.account_id = 11) EXECUTE FUNCTION ignore()"
            }
        },
        mend: match world.engine {
            Engine::Sqlite => "DROP TRIGGER always_changed",
            Engine::Postgres => "DROP TRIGGER always_changed ON accounts",
        },
        reason: "the data changed meanwhile",
        shows_when_read: false,
        batch_accounts,
    };
    check_poison(world, poison).await;
}

on_both_engines!(an_account_that_always_changes_first, |world| {
    check_always_changed(world, 500).await;
});

on_both_engines!(an_account_that_always_changes_first_in_a_batch_of_its_own, |world| {
    check_always_changed(world, 1).await;
});

on_both_engines!(what_the_second_pass_can_bill_is_no_failure, |world| {
    world.numbers(&["447700900001"], "2").await;
    world.account("0000000b", "4").await;
    world.rent("0000000b", "447700900001").await;
    world.sleep_until("2026-02-28").await;
    world
        .execute_sql(match world.engine {
            Engine::Sqlite => {
                "CREATE TRIGGER changed_during_the_first_pass BEFORE UPDATE ON accounts
                 WHEN EXISTS (SELECT 1 FROM run_slices WHERE pass = 'renew' AND NOT is_done)
                 BEGIN SELECT RAISE(IGNORE); END"
            }
            Engine::Postgres => {
                "CREATE FUNCTION ignore() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN
                    IF EXISTS (SELECT 1 FROM run_slices WHERE pass = ''renew'' AND NOT is_done)
                    THEN RETURN NULL;
                    END IF;
                    RETURN NEW;
                 END';
                 CREATE TRIGGER changed_during_the_first_pass BEFORE UPDATE ON accounts
                 FOR EACH ROW EXECUTE FUNCTION ignore()"
            }
        })
        .await;
    let report = world.run().await;
    assert_eq!((report.renewed, report.failures.len()), (1, 0));
    assert_eq!(world.disagreements().await, []);
});

/// SQLite keeps a text where a number belongs; PostgreSQL refuses it by itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_balance_that_is_a_text() {
    let mut world = World::new(Engine::Sqlite).await;
    let poison = Poison {
        spoil: "UPDATE accounts SET balance = 'lots' WHERE account_id = 11",
        mend: "UPDATE accounts SET balance = 2000000 WHERE account_id = 11",
        reason: "the database refused a statement",
        shows_when_read: true,
        batch_accounts: 500,
    };
    check_poison(&mut world, poison).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_that_is_a_text() {
    let mut world = World::new(Engine::Sqlite).await;
    let poison = Poison {
        spoil: "UPDATE subscriptions SET monthly_price = 'two' WHERE account_id = 11 AND ordinal = 1",
        mend: "UPDATE subscriptions SET monthly_price = 2000000 WHERE account_id = 11 AND ordinal = 1",
        reason: "the database refused a statement",
        shows_when_read: true,
        batch_accounts: 500,
    };
    check_poison(&mut world, poison).await;
    world.end().await;
}
