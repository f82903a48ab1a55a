//! Databases that are missing, foreign, read-only or of another version.

use std::path::Path;

use sqlx::migrate::{Migration, Migrator};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqlSafeStr as _, SqliteConnection};

use super::{answer, done, linerent_on, refused};
use linerent_testkit::Population;
use linerent_testkit::{Engine, World, create_empty_postgres_database, drop_postgres_database};

/// The answers of a command that reads and of `init`, for the database at `url`.
fn reading_and_init(world: &World, url: &str) -> String {
    [on(world, url, &["account", "list"]), on(world, url, &["init"])].join("\n")
}

fn on(world: &World, url: &str, command: &[&str]) -> String {
    answer(world, &linerent_on(world, url, command))
}

#[tokio::test]
async fn a_file_that_is_missing_is_not_made_by_reading() {
    let world = World::new(Engine::Sqlite).await;
    let answers = [
        on(&world, "sqlite:nowhere.db", &["account", "list"]),
        on(&world, "sqlite:nowhere/nowhere.db", &["account", "list"]),
        on(&world, "sqlite:/proc/nowhere/nowhere.db", &["init"]),
    ];
    assert!(!world.folder().join("nowhere.db").exists());
    assert_answers!(answers.join("\n"), @r"
    error: opening the database: the database cannot be used: unable to open database file
    hint: the file does not exist or cannot be opened: run `linerent init`, or check `database.url`
    exit 2
    error: opening the database: the database cannot be used: unable to open database file
    hint: the file does not exist or cannot be opened: run `linerent init`, or check `database.url`
    exit 2
    error: making the folder /proc/nowhere: No such file or directory
    hint: check the path
    exit 2
    ");
    world.end().await;
}

#[tokio::test]
async fn a_file_that_is_no_database_is_left_alone() {
    let world = World::new(Engine::Sqlite).await;
    let letter = world.folder().join("letter.txt");
    let text = "Dear Ada, this is a letter, and not a database. ".repeat(100);
    std::fs::write(&letter, &text).expect("a file");
    assert_answers!(reading_and_init(&world, "sqlite:letter.txt"), @r"
    error: opening the database: the database cannot be used: file is not a database
    hint: the file is damaged or not an SQLite database: check `database.url`
    exit 2
    error: opening the database: the database cannot be used: file is not a database
    hint: the file is damaged or not an SQLite database: check `database.url`
    exit 2
    ");
    assert_eq!(std::fs::read_to_string(&letter).expect("the file"), text);
    world.end().await;
}

#[tokio::test]
async fn a_read_only_database_is_read_and_not_written() {
    let mut world = World::new(Engine::Sqlite).await;
    world.numbers(&["447700900001"], "1.00").await;
    world.account("0000000a", "10").await;
    world.url.push_str("?mode=ro");
    for reading in ["account list", "account show 0000000a", "number list", "run list", "audit"] {
        done(&world, &reading.split(' ').collect::<Vec<_>>());
    }
    let answers = refused(
        &world,
        &[
            &["account", "create", "Ada", "--email", "ada@example.com"],
            &["account", "top-up", "0000000a", "5", "--reference", "r"],
            &["rent", "0000000a", "447700900001"],
            &["run"],
            &["sandbox", "advance", "--to", "2026-02-01"],
            &["init"],
        ],
    )
    .await;
    assert_answers!(answers, @r"
    $ account create Ada --email ada@example.com
    error: the database cannot be used: attempt to write a readonly database
    hint: it is read-only: check `database.url`, and the permissions of the file and its folder
    exit 2
    $ account top-up 0000000a 5 --reference r
    error: the database cannot be used: attempt to write a readonly database
    hint: it is read-only: check `database.url`, and the permissions of the file and its folder
    exit 2
    $ rent 0000000a 447700900001
    error: the database cannot be used: attempt to write a readonly database
    hint: it is read-only: check `database.url`, and the permissions of the file and its folder
    exit 2
    $ run
    error: the database cannot be used: attempt to write a readonly database
    hint: it is read-only: check `database.url`, and the permissions of the file and its folder
    exit 2
    $ sandbox advance --to 2026-02-01
    error: the database cannot be used: attempt to write a readonly database
    hint: it is read-only: check `database.url`, and the permissions of the file and its folder
    exit 2
    $ init
    error: the database cannot be used: attempt to write a readonly database
    hint: it is read-only: check `database.url`, and the permissions of the file and its folder
    exit 2
    ");
    world.end().await;
}

on_both_engines!(a_newer_database_is_left_alone, |world| {
    world
        .execute_sql(
            "INSERT INTO _sqlx_migrations
                 (version, description, installed_on, success, checksum, execution_time)
             SELECT 9999, 'later', installed_on, success, checksum, execution_time
             FROM _sqlx_migrations
             WHERE version = 1",
        )
        .await;
    assert_answers!(refused(world, &[&["account", "list"], &["init"]]).await, @r"
    $ account list
    error: the database is newer than this program
    hint: use the program that made it, or a later one
    exit 2
    $ init
    error: the database is newer than this program
    hint: use the program that made it, or a later one
    exit 2
    ");
});

on_both_engines!(another_programs_database_is_left_alone, |world| {
    world.execute_sql("UPDATE _sqlx_migrations SET version = version + 20240101000000").await;
    let history_of_its_own = refused(world, &[&["account", "list"], &["init"]]).await;
    world.execute_sql("DELETE FROM _sqlx_migrations").await;
    let empty_history = refused(world, &[&["account", "list"], &["init", "--sandbox"]]).await;
    world.execute_sql("DROP TABLE _sqlx_migrations").await;
    let no_history = refused(world, &[&["account", "list"], &["init"]]).await;
    assert_answers!([history_of_its_own, empty_history, no_history].join("\n"), @r"
    $ account list
    error: the database holds something else than linerent's tables
    hint: point `database.url` at an empty database
    exit 2
    $ init
    error: the database holds something else than linerent's tables
    hint: point `database.url` at an empty database
    exit 2
    $ account list
    error: the database holds something else than linerent's tables
    hint: point `database.url` at an empty database
    exit 2
    $ init --sandbox
    error: the database holds something else than linerent's tables
    hint: point `database.url` at an empty database
    exit 2
    $ account list
    error: the database holds something else than linerent's tables
    hint: point `database.url` at an empty database
    exit 2
    $ init
    error: the database holds something else than linerent's tables
    hint: point `database.url` at an empty database
    exit 2
    ");
});

on_both_engines!(a_pre_release_database_is_refused, |world| {
    // As the versions before the first release began theirs.
    world
        .execute_sql(
            "UPDATE _sqlx_migrations
             SET description = 'accounts numbers ledger', checksum = (
                 SELECT other.checksum FROM _sqlx_migrations AS other WHERE other.version = 2
             )
             WHERE version = 1",
        )
        .await;
    assert_answers!(refused(world, &[&["account", "list"], &["init"]]).await, @r"
    $ account list
    error: the database was made by a pre-release version of linerent
    hint: point `database.url` at a new database, and run `linerent init`
    exit 2
    $ init
    error: the database was made by a pre-release version of linerent
    hint: point `database.url` at a new database, and run `linerent init`
    exit 2
    ");
});

on_both_engines!(a_database_that_was_not_begun_is_begun_by_init, |world| {
    world.execute_sql("DELETE FROM installation").await;
    assert_answers!(refused(world, &[&["account", "list"]]).await, @r"
    $ account list
    error: the database was not initialised to the end
    hint: run `linerent init`
    exit 2
    ");
    done(world, &["init"]);
    done(world, &["account", "list"]);
});

on_both_engines!(an_older_database_is_brought_up_to_date_and_keeps_all_it_holds, |world| {
    let history = "SELECT concat_ws('|', CAST(version AS TEXT), description)
         FROM _sqlx_migrations
         ORDER BY version";
    let current = world.texts(history).await;
    world.url = match world.engine {
        Engine::Sqlite => format!("sqlite:{}?mode=rwc", world.folder().join("old.db").display()),
        Engine::Postgres => create_empty_postgres_database().await,
    };
    make_older_version(world).await;
    let crowd = Population { accounts: 3, numbers_each: 2, months_paid: |_| 1 };
    world.seed(&crowd).await;
    let ledger =
        "SELECT concat_ws('|', account_id, sequence, code, debit, credit, amount, currency,
            balance_after, idempotency_key, coalesce(CAST(subscription AS TEXT), '-'), posted_on)
         FROM transfers ORDER BY account_id, sequence";
    let before = world.texts(ledger).await;
    assert_eq!(before.len(), 9);
    assert_answers!(on(world, &world.url, &["account", "list"]), @r"
    error: the database is older than this program
    hint: run `linerent init` to bring it up to date
    exit 2
    ");
    done(world, &["init"]);
    assert_eq!(world.texts(ledger).await, before);
    assert_eq!(world.texts(history).await, current, "nothing is left to be done");
    for statement in ["UPDATE transfers SET amount = 1", "DELETE FROM transfers"] {
        let refusal = world.sql_error_of(statement).await;
        assert!(refusal.contains("transfers_append_only"), "{refusal}");
    }
    done(world, &["sandbox", "advance", "--to", "2026-02-28"]);
    assert_eq!(world.texts(ledger).await.len(), 15, "six renewals came to it");
    done(world, &["audit"]);
});

/// The last migration of an older database: it has accounts, numbers and the ledger, and lacks all else.
const OLDER_VERSION: i64 = 2;

/// The world's database as a program that knew the migrations up to [`OLDER_VERSION`] would have made it.
async fn make_older_version(world: &World) {
    let (own, mark) = match world.engine {
        Engine::Sqlite => ("sqlite", "WITHOUT ROWID"),
        Engine::Postgres => ("postgres", "/* sqlite: WITHOUT ROWID */"),
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let own = Migrator::new(folder.join(own)).await.expect("the engine's own migrations");
    let shared = Migrator::new(folder).await.expect("the shared migrations");
    let mut migrations: Vec<_> = shared
        .iter()
        .chain(own.iter())
        .filter(|it| it.version <= OLDER_VERSION)
        .map(|it| {
            let sql = it.sql.as_str().replace("/* sqlite: WITHOUT ROWID */", mark);
            let sql = AssertSqlSafe(sql).into_sql_str();
            Migration::new(it.version, it.description.clone(), it.migration_type, sql, it.no_tx)
        })
        .collect();
    migrations.sort_by_key(|migration| migration.version);
    let migrator = Migrator::with_migrations(migrations);
    match world.engine {
        Engine::Sqlite => {
            let mut connection = SqliteConnection::connect(&world.url).await.expect("a new file");
            migrator.run(&mut connection).await.expect("the older version's tables");
        }
        Engine::Postgres => {
            let mut connection = PgConnection::connect(&world.url).await.expect("a database");
            migrator.run(&mut connection).await.expect("the older version's tables");
        }
    }
    world
        .execute_sql(
            "INSERT INTO installation (is_singleton, kind, sandbox_on, created_at)
             VALUES (TRUE, 'sandbox', '2026-01-31', '2026-01-31T00:00:00+00:00')",
        )
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_extension_that_the_user_may_not_create_is_named_with_its_remedy() {
    let world = World::new(Engine::Postgres).await;
    let url = create_empty_postgres_database().await;
    let mut owner = PgConnection::connect(&url).await.expect("a connection");
    let (server, name) = url.rsplit_once('/').expect("a URL with a database");
    let tenant = format!("tenant_of_{name}");
    // Whoever may make tables, and no extension: that takes a right on the database.
    let roles = format!("CREATE ROLE {tenant} LOGIN; GRANT CREATE ON SCHEMA public TO {tenant}");
    sqlx::raw_sql(AssertSqlSafe(roles)).execute(&mut owner).await.expect("a role");
    let tenants = format!("{}/{name}", server.replace("//postgres@", &format!("//{tenant}@")));
    let refused = linerent_on(&world, &tenants, &["init"]);
    insta::assert_snapshot!(answer(&world, &refused), @r#"
    error: the schema cannot be brought up to date: permission denied to create extension "pg_trgm"
    hint: searching needs PostgreSQL's own extension `pg_trgm`: install its contributed modules (Debian: `postgresql`, Fedora: `postgresql-contrib`), then have a superuser say `CREATE EXTENSION pg_trgm` in this database, and run `linerent init` again
    exit 2
    "#);
    sqlx::raw_sql("CREATE EXTENSION pg_trgm").execute(&mut owner).await.expect("an extension");
    let done = linerent_on(&world, &tenants, &["init"]);
    assert!(done.status.success(), "{done:?}");
    drop_postgres_database(&url).await;
    let cluster = format!("{server}/postgres");
    let mut owner = PgConnection::connect(&cluster).await.expect("a connection");
    let drop = AssertSqlSafe(format!("DROP ROLE {tenant}"));
    sqlx::raw_sql(drop).execute(&mut owner).await.expect("the role goes");
    world.end().await;
}
