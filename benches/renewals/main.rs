//! How fast a whole run is, beside the least that any program could do for the same writes.
//!
//! The floor is one hand-written transaction with one set-based statement for each table: no
//! decision, no progress, no leases, nothing that could be resumed. Both work on copies of one
//! seeded database, in turns, so that whatever else the machine does meets both alike; medians
//! are told. Afterwards the audit looks at every copy, so both have really done all the work.
//!
//! `./scripts/test --with-cluster cargo bench` measures both engines, plain `cargo bench` SQLite.
//! `LINERENT_BENCH_SUBSCRIPTIONS` and `LINERENT_BENCH_ROUNDS` say how much, and `LINERENT__…`
//! configures the run as it does elsewhere.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a program for people at a terminal, which measures real time"
)]

#[path = "../common/mod.rs"]
mod common;
mod sql;

use std::path::Path;
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use chrono::{NaiveDate, NaiveTime};
use linerent::billing::NoopObserver;
use linerent::billing::run::{Context, execute};
use linerent::clock::{Moment, SystemClock};
use linerent::config;
use linerent::operations::run::Watch;
use linerent::operations::{App, Settings, audit, databases::init};
use linerent::rng::{Rng as _, SystemRng};
use linerent::run::RunStatus;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};

use common::{cluster, create_database, execute_postgres, ratio, setting};
use sql::{FLOOR_POSTGRES, FLOOR_SQLITE, SEED};

const SUBSCRIPTIONS: u64 = 200_000;
const SUBSCRIPTIONS_PER_ACCOUNT: u64 = 4;
const ROUNDS: u64 = 3;

/// Everything in the seed was rented on the day a month before.
const BILLING_DATE: NaiveDate = NaiveDate::from_ymd_opt(2026, 2, 15).expect("a date");

#[tokio::main]
async fn main() -> Result<()> {
    // Whole accounts only.
    let accounts = setting("LINERENT_BENCH_SUBSCRIPTIONS", SUBSCRIPTIONS)?
        .div_ceil(SUBSCRIPTIONS_PER_ACCOUNT)
        .max(1);
    let rounds = setting("LINERENT_BENCH_ROUNDS", ROUNDS)?.max(1);
    let folder = tempfile::tempdir()?;
    let mut engines = Vec::new();
    if let Some(cluster) = cluster() {
        engines.push(Engine::Postgres { cluster });
    }
    engines.push(Engine::Sqlite { folder: folder.path().display().to_string() });

    let mut results = Vec::new();
    for engine in engines {
        results.push(measure(engine, accounts, rounds).await?);
    }
    println!(
        "{} renewals of {accounts} accounts, {rounds} rounds",
        accounts * SUBSCRIPTIONS_PER_ACCOUNT
    );
    println!(
        "{:<10}{:<10}{:>12}{:>12}{:>12}{:>14}",
        "engine", "", "median s", "least s", "most s", "renewals/s"
    );
    results.iter().for_each(Comparison::print_table);
    println!("PostgreSQL: fsync is off in the throw-away cluster; SQLite: synchronous = full");
    results.iter().for_each(Comparison::print_line);
    Ok(())
}

async fn measure(engine: Engine, accounts: u64, rounds: u64) -> Result<Comparison> {
    let name = engine.name();
    let renewals = accounts * SUBSCRIPTIONS_PER_ACCOUNT;
    eprintln!("{name}: seeding {renewals} subscriptions");
    let seeded = engine.create().await?;
    init::init(&settings(&seeded)?, init::Wanted::AsItIs, &SystemClock::default()).await?;
    engine.seed(&seeded, accounts).await?;
    let (mut run, mut floor) = (Vec::new(), Vec::new());
    for round in 1..=rounds {
        for (what, times) in [("run", &mut run), ("floor", &mut floor)] {
            let url = engine.copy(&seeded).await?;
            let took = match what {
                "run" => time_run(&url).await?,
                _ => engine.time_floor(&url).await?,
            };
            eprintln!("{name}: round {round}, {what}: {} ms", took.as_millis());
            verify(&url, accounts).await.with_context(|| format!("{what} on {name}"))?;
            engine.remove(&url).await?;
            times.push(took);
        }
    }
    engine.remove(&seeded).await?;
    Ok(Comparison { name, renewals, run: Times::of(run), floor: Times::of(floor) })
}

/// The product's run, whole: opening it, all its passes, ending it.
async fn time_run(url: &str) -> Result<Duration> {
    let app = App::open(settings(url)?).await?;
    let moment = Moment { at: BILLING_DATE.and_time(NaiveTime::MIN).and_utc(), on: BILLING_DATE };
    let context = Context {
        writer: app.account_writer(moment),
        reload_processor: app.reload_processor(moment),
        rerun_finished: true,
        approval: None,
        stop: tokio_util::sync::CancellationToken::new(),
        observer: Arc::new(NoopObserver),
    };
    let begun = Instant::now();
    let report = execute(&context).await?;
    let took = begun.elapsed();
    ensure!(report.status == RunStatus::Complete, "the run ended as {}", report.status.as_str());
    app.store.close().await;
    Ok(took)
}

/// Whether everything due was renewed, once, and all of it agrees with the ledger.
async fn verify(url: &str, accounts: u64) -> Result<()> {
    let app = App::open(settings(url)?).await?;
    let audit = audit::audit(&app, &Watch::default()).await?;
    app.store.close().await;
    // A top-up, and two rentals of each subscription.
    let expected = accounts * (1 + 2 * SUBSCRIPTIONS_PER_ACCOUNT);
    ensure!(audit.transfers == expected, "{} transfers, not {expected}", audit.transfers);
    let first = audit.disagreements.first();
    ensure!(first.is_none(), "{} disagreements: {first:?}", audit.disagreements.len());
    Ok(())
}

fn settings(url: &str) -> Result<Settings> {
    Ok(config::load(None, Some(url))?.settings)
}

// --- The engines ---

enum Engine {
    /// Databases of this server.
    Postgres { cluster: String },
    /// Files in this folder.
    Sqlite { folder: String },
}

impl Engine {
    const fn name(&self) -> &'static str {
        match self {
            Self::Postgres { .. } => "postgres",
            Self::Sqlite { .. } => "sqlite",
        }
    }

    /// The URL of a new database; an SQLite file comes into being later.
    async fn create(&self) -> Result<String> {
        match self {
            Self::Postgres { cluster } => create_database(cluster).await,
            Self::Sqlite { folder } => {
                Ok(format!("sqlite:{folder}/{}.db", SystemRng.unique_name()))
            }
        }
    }

    /// The URL of a new copy of the database at `url`, with nothing left to be flushed.
    async fn copy(&self, url: &str) -> Result<String> {
        match self {
            Self::Postgres { cluster } => {
                let (server, template) = url.rsplit_once('/').context("a URL with a database")?;
                let name = format!("linerent_bench_{}", SystemRng.unique_name());
                let create = format!("CREATE DATABASE {name} TEMPLATE {template}");
                execute_postgres(cluster, create).await?;
                execute_postgres(cluster, "CHECKPOINT".to_owned()).await?;
                Ok(format!("{server}/{name}"))
            }
            Self::Sqlite { .. } => {
                let copy = self.create().await?;
                std::fs::copy(path_of(url), path_of(&copy))?;
                std::fs::File::open(path_of(&copy))?.sync_all()?;
                Ok(copy)
            }
        }
    }

    async fn remove(&self, url: &str) -> Result<()> {
        match self {
            Self::Postgres { cluster } => {
                let (_, name) = url.rsplit_once('/').context("a URL with a database")?;
                execute_postgres(cluster, format!("DROP DATABASE {name} WITH (FORCE)")).await
            }
            Self::Sqlite { .. } => Ok(std::fs::remove_file(path_of(url))?),
        }
    }

    async fn seed(&self, url: &str, accounts: u64) -> Result<()> {
        let subscriptions = accounts * SUBSCRIPTIONS_PER_ACCOUNT;
        match self {
            Self::Postgres { .. } => {
                let series = format!(
                    "CREATE TABLE seed AS SELECT i, {accounts} AS accounts
                     FROM generate_series(1, {subscriptions}) AS i"
                );
                for sql in [&series, SEED, "VACUUM ANALYZE"] {
                    execute_postgres(url, sql.to_owned()).await?;
                }
            }
            Self::Sqlite { .. } => {
                let series = format!(
                    "CREATE TABLE seed AS
                     WITH RECURSIVE series (i) AS (
                        SELECT 1 UNION ALL SELECT i + 1 FROM series WHERE i < {subscriptions}
                     )
                     SELECT i, {accounts} AS accounts FROM series"
                );
                let mut connection = connect_sqlite(url).await?;
                for sql in [&series, SEED, "ANALYZE"] {
                    let sql = AssertSqlSafe(sql.to_owned());
                    sqlx::raw_sql(sql).execute(&mut connection).await?;
                }
                connection.close().await?;
            }
        }
        Ok(())
    }

    async fn time_floor(&self, url: &str) -> Result<Duration> {
        match self {
            Self::Postgres { .. } => {
                let mut connection = PgConnection::connect(url).await?;
                let begun = Instant::now();
                sqlx::raw_sql(FLOOR_POSTGRES).execute(&mut connection).await?;
                let took = begun.elapsed();
                connection.close().await?;
                Ok(took)
            }
            Self::Sqlite { .. } => {
                let mut connection = connect_sqlite(url).await?;
                let begun = Instant::now();
                sqlx::raw_sql(FLOOR_SQLITE).execute(&mut connection).await?;
                let took = begun.elapsed();
                connection.close().await?;
                Ok(took)
            }
        }
    }
}

/// With what the product sets, too.
async fn connect_sqlite(url: &str) -> Result<SqliteConnection> {
    let options = SqliteConnectOptions::from_str(url)?
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    Ok(SqliteConnection::connect_with(&options).await?)
}

fn path_of(url: &str) -> &Path {
    Path::new(url.strip_prefix("sqlite:").unwrap_or(url))
}

// --- The statements ---

struct Comparison {
    name: &'static str,
    renewals: u64,
    run: Times,
    floor: Times,
}

struct Times {
    least: Duration,
    median: Duration,
    most: Duration,
}

impl Times {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort();
        Self { least: times[0], median: times[times.len() / 2], most: times[times.len() - 1] }
    }

    /// At the median.
    fn per_s(&self, renewals: u64) -> u128 {
        u128::from(renewals) * 1_000_000 / self.median.as_micros().max(1)
    }
}

impl Comparison {
    fn print_table(&self) {
        for (what, times) in [("run", &self.run), ("floor", &self.floor)] {
            println!(
                "{:<10}{what:<10}{:>12}{:>12}{:>12}{:>14}",
                self.name,
                seconds(times.median),
                seconds(times.least),
                seconds(times.most),
                times.per_s(self.renewals),
            );
        }
    }

    /// For scripts; the ratio tells how many times as fast as the floor the run is.
    fn print_line(&self) {
        let (run, floor) = (self.run.per_s(self.renewals), self.floor.per_s(self.renewals));
        println!(
            "engine={} renewals_per_s={run} floor_per_s={floor} ratio={}",
            self.name,
            ratio(self.floor.median, self.run.median),
        );
    }
}

fn seconds(time: Duration) -> String {
    format!("{}.{:03}", time.as_secs(), time.subsec_millis())
}
