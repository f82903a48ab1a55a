//! Several programs at once: each waits for the other, and one of them is told.

use std::process::{Output, Stdio};
use std::time::Duration;

use rust_decimal::Decimal;
use sqlx::Connection as _;
use tokio::task::{JoinHandle, spawn_blocking};

use super::{answer, done, everything};
use linerent_testkit::{Engine, World};

/// Long enough for a program that does not wait to end.
const PATIENCE: Duration = Duration::from_secs(1);
/// Races are lost by chance, so there are several.
const ROUNDS: usize = 8;

/// The program, started and not waited for.
fn start(world: &World, command: &[&str]) -> JoinHandle<Output> {
    let mut program = world.program(command);
    program.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = program.spawn().expect("the program starts");
    spawn_blocking(|| child.wait_with_output().expect("the program ends"))
}

/// Both commands at the same time: the output of the one that was done, and what the other was told.
async fn both(world: &World, commands: [&[&str]; 2]) -> (String, String) {
    let [left, right] = commands.map(|command| start(world, command));
    let (left, right) = (left.await.expect("an end"), right.await.expect("an end"));
    let (winner, loser) = if left.status.success() { (left, right) } else { (right, left) };
    assert!(winner.status.success(), "{winner:?}");
    let told = answer(world, &loser);
    (String::from_utf8(winner.stdout).expect("text"), told)
}

on_both_engines!(of_two_that_rent_one_number_at_once_one_is_told, |world| {
    world.account("0000000a", "100").await;
    world.account("0000000b", "100").await;
    for round in 0..ROUNDS {
        let msisdn = format!("44770090000{round}");
        world.numbers(&[&msisdn], "1.00").await;
        let rents = ["0000000a", "0000000b"].map(|key| ["rent", key, &msisdn]);
        let (_, told) = both(world, [&rents[0], &rents[1]]).await;
        let expected = format!(
            "error: {msisdn} is rented\nhint: `linerent number search` shows what is on sale\nexit 1"
        );
        assert_eq!(told, expected);
    }
    let left = [world.balance("0000000a").await, world.balance("0000000b").await];
    let left: Decimal = left.iter().map(|it| it.parse::<Decimal>().expect("a number")).sum();
    assert_eq!(left.to_string(), "192.00");
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(two_that_rent_any_at_once_both_get_as_many_as_they_want, |world| {
    world.account("0000000a", "100").await;
    world.account("0000000b", "100").await;
    for round in 0..ROUNDS {
        let numbers: Vec<_> = (0..10).map(|it| format!("4477009{round}00{it:02}")).collect();
        let msisdns: Vec<_> = numbers.iter().map(String::as_str).collect();
        world.numbers(&msisdns, "1.00").await;
        let any = ["--any", "--country", "GB", "--count", "5"];
        let [left, right] =
            ["0000000a", "0000000b"].map(|key| start(world, &[&["rent", key], &any[..]].concat()));
        for output in [left.await.expect("an end"), right.await.expect("an end")] {
            assert!(output.status.success(), "{output:?}");
        }
    }
    let left = [world.balance("0000000a").await, world.balance("0000000b").await];
    assert_eq!(left, ["60.00", "60.00"]);
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(of_two_that_rent_a_shared_code_for_one_account_one_is_told, |world| {
    world.account("0000000a", "100").await;
    for round in 0..ROUNDS {
        let code = format!("445{round}");
        let line = format!("{code},GB,shortcode,SMS,1.00,0,EUR,true");
        let heading = "msisdn,country,type,features,monthly_price,setup_price,currency,shared";
        std::fs::write(world.folder().join("codes.csv"), format!("{heading}\n{line}\n"))
            .expect("a file");
        done(world, &["number", "import", "codes.csv"]);
        let rent = ["rent", "0000000a", &code];
        let (_, told) = both(world, [&rent, &rent]).await;
        let expected = format!(
            "error: account 0000000a rents {code} already\nhint: `linerent number search` shows what is on sale\nexit 1"
        );
        assert_eq!(told, expected);
    }
    assert_eq!(world.balance("0000000a").await, "92.00");
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(a_reference_booked_twice_at_once_counts_once, |world| {
    world.account("0000000a", "0").await;
    for round in 0..ROUNDS {
        let reference = round.to_string();
        let top_up = ["--json", "account", "top-up", "0000000a", "5", "--reference", &reference];
        let outputs = [start(world, &top_up), start(world, &top_up), start(world, &top_up)];
        let mut booked = 0;
        for output in outputs {
            let output = output.await.expect("an end");
            assert!(output.status.success(), "{output:?}");
            let said = String::from_utf8(output.stdout).expect("text");
            booked += said.matches("\"booked\": true").count();
        }
        assert_eq!(booked, 1);
    }
    assert_eq!(world.balance("0000000a").await, "40.00");
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(of_two_imports_of_one_file_one_is_told, |world| {
    let heading = "msisdn,country,type,features,monthly_price,setup_price,currency";
    for round in 0..ROUNDS {
        let line = format!("44770090000{round},GB,mobile-lvn,SMS,1.00,0,EUR");
        std::fs::write(world.folder().join("numbers.csv"), format!("{heading}\n{line}\n"))
            .expect("a file");
        let import: &[&str] = &["number", "import", "numbers.csv"];
        let (said, told) = both(world, [import, import]).await;
        assert_eq!(said, "1 number imported\n");
        let expected = format!(
            "error: nothing was imported: 1 error\nline 2: 44770090000{round} is in the inventory already\nexit 1"
        );
        assert_eq!(told, expected);
    }
});

/// Rents a shared code while `change` of the inventory is under way. The change is committed once the rental waits for
/// it.
async fn rent_beside(world: &World, change: &str) -> Output {
    world.account("0000000a", "10").await;
    world.shared_short_code("44500", "1.00").await;
    let change = sqlx::raw_sql(sqlx::AssertSqlSafe(change.to_owned()));
    let rent = ["rent", "0000000a", "44500"];
    let rent = match world.engine {
        Engine::Sqlite => {
            let mut other =
                sqlx::SqliteConnection::connect(&world.url).await.expect("a connection");
            let mut held = other.begin_with("BEGIN IMMEDIATE").await.expect("the lock");
            change.execute(&mut *held).await.expect("a change");
            let rent = start(world, &rent);
            until_it_waits(world, &rent).await;
            held.commit().await.expect("the lock is free");
            rent
        }
        Engine::Postgres => {
            let mut other = sqlx::PgConnection::connect(&world.url).await.expect("a connection");
            let mut held = other.begin().await.expect("a transaction");
            change.execute(&mut *held).await.expect("a change");
            let rent = start(world, &rent);
            until_it_waits(world, &rent).await;
            held.commit().await.expect("the lock is free");
            rent
        }
    };
    rent.await.expect("an end")
}

/// Returns once a program waits for another one to write.
async fn until_it_waits(world: &World, program: &JoinHandle<Output>) {
    let is_waiting = async || match world.engine {
        Engine::Sqlite => {
            let file = world.url.strip_prefix("sqlite:").expect("a file");
            let queue = std::fs::File::options().append(true).open(format!("{file}-queue"));
            queue.expect("the queue").try_lock().is_err()
        }
        Engine::Postgres => {
            let waiting = "SELECT 'one'
                FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock'";
            !world.texts(waiting).await.is_empty()
        }
    };
    while !is_waiting().await {
        assert!(!program.is_finished(), "it did not wait");
        tokio::task::yield_now().await;
    }
}

on_both_engines!(a_shared_code_that_is_repriced_meanwhile_is_rented_at_the_new_price, |world| {
    let output = rent_beside(world, "UPDATE numbers SET monthly_price = 2000000").await;
    assert!(output.status.success(), "{output:?}");
    assert_eq!(world.balance("0000000a").await, "8.00");
    assert_eq!(world.disagreements().await, []);
});

on_both_engines!(a_shared_code_that_is_retired_meanwhile_is_not_rented, |world| {
    let output = rent_beside(world, "UPDATE numbers SET status = 'retired'").await;
    assert_eq!(
        answer(world, &output),
        "error: 44500 is retired\nhint: `linerent number search` shows what is on sale\nexit 1"
    );
    assert_eq!(world.balance("0000000a").await, "10.00");
});

/// The top-up is neither done nor refused while another program holds what it needs.
async fn waits(world: &World) -> JoinHandle<Output> {
    let before = everything(world).await;
    let mut top_up = start(world, &["account", "top-up", "0000000a", "5", "--reference", "r"]);
    let early = tokio::time::timeout(PATIENCE, &mut top_up).await;
    assert!(early.is_err(), "it did not wait: {early:?}");
    assert_eq!(everything(world).await, before);
    top_up
}

async fn goes_on(world: &World, top_up: JoinHandle<Output>) {
    let output = top_up.await.expect("an end");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(world.balance("0000000a").await, "5.00");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_writer_is_waited_for_on_sqlite() {
    let world = World::new(Engine::Sqlite).await;
    world.account("0000000a", "0").await;
    let mut other = sqlx::SqliteConnection::connect(&world.url).await.expect("a connection");
    let held = other.begin_with("BEGIN IMMEDIATE").await.expect("the lock");
    let top_up = waits(&world).await;
    held.rollback().await.expect("the lock is free");
    goes_on(&world, top_up).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_writer_is_waited_for_on_postgres() {
    let world = World::new(Engine::Postgres).await;
    world.account("0000000a", "0").await;
    let mut other = sqlx::PgConnection::connect(&world.url).await.expect("a connection");
    let mut held = other.begin().await.expect("a transaction");
    sqlx::raw_sql("UPDATE accounts SET version = version + 1")
        .execute(&mut *held)
        .await
        .expect("the row's lock");
    let top_up = waits(&world).await;
    held.commit().await.expect("the lock is free");
    goes_on(&world, top_up).await;
    world.end().await;
}
