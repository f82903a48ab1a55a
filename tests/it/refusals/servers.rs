//! PostgreSQL servers that cannot be reached, or do not let the program in.

use std::net::TcpListener;

use super::{answer, done, linerent_on, refused};
use linerent_testkit::{Engine, World};

/// The answers of a command that reads, one that writes and `init`, for the database at `url`.
fn everywhere(world: &World, url: &str) -> String {
    let create = ["account", "create", "Ada", "--email", "ada@example.com"];
    let answers = [["account", "list"].as_slice(), &create, &["init"]]
        .map(|command| answer(world, &linerent_on(world, url, command)));
    let [first, ..] = &answers;
    assert!(answers.iter().all(|answer| answer == first), "{answers:?}");
    first.clone()
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_at_once() {
    let world = World::new(Engine::Postgres).await;
    let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let port = port.expect("a port that is closed again").port();
    let url = format!("postgres://linerent:secret@127.0.0.1:{port}/linerent");
    assert_answers!(everywhere(&world, &url), @r"
    error: opening the database: the database cannot be used: connection refused
    hint: check `database.url`, and that the server runs and can be reached
    exit 2
    ");
    world.end().await;
}

#[tokio::test]
async fn a_database_or_user_that_the_server_does_not_know_is_told() {
    let world = World::new(Engine::Postgres).await;
    let (server, _) = world.url.rsplit_once('/').expect("a URL with a database");
    let answers = [
        everywhere(&world, &format!("{server}/nowhere")),
        everywhere(&world, &world.url.replace("postgres@", "nobody@")),
    ];
    assert_answers!(answers.join("\n"), @r#"
    error: opening the database: the database cannot be used: database "nowhere" does not exist
    hint: there is no such database: create it (`createdb NAME`), then run `linerent init`
    exit 2
    error: opening the database: the database cannot be used: role "nobody" does not exist
    hint: check the user and password in `database.url`: write @ as %40, : as %3A, / as %2F, # as %23, ? as %3F and % as %25
    exit 2
    "#);
    world.end().await;
}

#[tokio::test]
async fn a_server_that_only_reads_is_read_and_not_written() {
    let world = World::new(Engine::Postgres).await;
    world.account("0000000a", "0").await;
    world
        .execute_sql(
            "DO $$ BEGIN
                EXECUTE 'ALTER DATABASE ' || current_database()
                    || ' SET default_transaction_read_only = on';
            END $$",
        )
        .await;
    done(&world, &["account", "show", "0000000a"]);
    let answers =
        refused(&world, &[&["account", "top-up", "0000000a", "5", "--reference", "r"], &["run"]])
            .await;
    assert_answers!(answers, @r"
    $ account top-up 0000000a 5 --reference r
    error: the database cannot be used: cannot execute UPDATE in a read-only transaction
    hint: the server is read-only: point `database.url` at the primary
    exit 2
    $ run
    error: the database cannot be used: cannot execute DELETE in a read-only transaction
    hint: the server is read-only: point `database.url` at the primary
    exit 2
    ");
    world.end().await;
}
