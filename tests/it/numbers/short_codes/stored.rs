//! How set-ups are stored.

use super::*;

fn some_set_up() -> ShortCodeProgram {
    let (company, message) = ("Acme".to_owned(), "${company}: ${pin}".to_owned());
    ShortCodeProgram::TwoFactor(TwoFactor {
        company,
        message,
        terms: None,
        privacy: None,
        support: None,
    })
}

/// The renter as it stands, with this ordinal.
async fn renter(world: &World, key: &str, ordinal: i64) -> Renter {
    let account: AccountId = key.parse().expect("a key");
    let found = world.app.store.find_account(account).await.expect("an answer");
    Renter { account, version: found.expect("an account").version, ordinal }
}

on_both_engines!(a_set_up_is_written_after_its_accounts_row_or_not_at_all, |world| {
    two_renters(world, "100", "100").await;
    let store = &world.app.store;
    let read = renter(world, "a0000001", 1).await;
    world.top_up("a0000001", "1", "meanwhile").await;
    let outcome = store.write_set_up(&read, &some_set_up()).await;
    assert!(matches!(outcome, Err(StoreError::Conflict)), "{outcome:?}");
    let outcome = store.remove_set_up(&read, ProgramKind::TwoFactor).await;
    assert!(matches!(outcome, Err(StoreError::Conflict)), "{outcome:?}");

    let read = renter(world, "a0000001", 1).await;
    store.write_set_up(&read, &some_set_up()).await.expect("a set-up");
    assert_eq!(store.set_ups(&read).await.expect("set-ups"), [some_set_up()]);
    let after = renter(world, "a0000001", 1).await;
    assert_eq!(after.version, read.version + 1, "a change that was read before conflicts");
});

on_both_engines!(an_ended_rental_is_not_set_up_whoever_asks, |world| {
    two_renters(world, "100", "100").await;
    said(world, &["cancel", "98975", "--account", "a0000001"]);
    let read = renter(world, "a0000001", 1).await;
    let outcome = world.app.store.write_set_up(&read, &some_set_up()).await;
    assert!(matches!(outcome, Err(StoreError::Conflict)), "{outcome:?}");
    assert_eq!(renter(world, "a0000001", 1).await, read, "nothing was written");
    assert_eq!(world.app.store.set_ups(&read).await.expect("set-ups"), []);
});

on_both_engines!(set_ups_at_once_are_all_written, |world| {
    two_renters(world, "100", "100").await;
    let (one, other) = (world.another_app().await, world.another_app().await);
    let tasks = [one, other].map(|app| {
        tokio::spawn(async move {
            for _ in 0..5 {
                let ShortCodeProgram::TwoFactor(asked) = some_set_up() else {
                    unreachable!("it is one")
                };
                let set_up = linerent::operations::short_code::set_up::two_factor;
                set_up(&app, id("a0000001"), &number("98975"), asked).await.expect("a set-up");
            }
            app.store.close().await;
        })
    });
    for task in tasks {
        task.await.expect("an end");
    }
    let written = renter(world, "a0000001", 1).await;
    let account = world.show("a0000001").await;
    assert_eq!(account.balance.to_string(), "75.00");
    // The opening and the rental before the ten set-ups.
    assert_eq!(written.version, renter(world, "b0000002", 1).await.version + 10);
});

on_both_engines!(the_database_keeps_set_ups_to_rentals_and_kinds, |world| {
    two_renters(world, "100", "100").await;
    set_up_two_factor(world, "a0000001", &[]);
    for (statement, rule) in [
        ("UPDATE short_code_set_ups SET kind = 'x'", "short_code_set_ups_kind"),
        ("UPDATE short_code_set_ups SET ordinal = 2", "FOREIGN KEY"),
    ] {
        let refusal = world.sql_error_of(statement).await.to_lowercase();
        assert!(refusal.contains(&rule.to_lowercase()), "{refusal}");
    }
    world.execute_sql("UPDATE short_code_set_ups SET content = '{\"company\": \"Acme\"}'").await;
    let Output { status, stderr, .. } = world.linerent(&["shortcode", "show", "a0000001", "98975"]);
    assert_eq!(status.code(), Some(2));
    assert_said!(String::from_utf8_lossy(&stderr), @r"
    error: the 2fa of subscription 1 of account a0000001 cannot be read: missing field `message`
    hint: this row was not written by this version of linerent: correct it, or restore it from a backup
    ");
});
