//! How long the forecast of sixty days takes, and how much memory, beside one pass of bare SQL over the
//! same rows: what nobody could do without who looks at every account.
//!
//! `./scripts/test --with-cluster cargo bench --bench forecast` measures both engines, plain
//! `cargo bench --bench forecast` SQLite. `LINERENT_BENCH_SUBSCRIPTIONS` says how many there are,
//! `LINERENT_BENCH_ROUNDS` how often it is measured, and `LINERENT__RUN__WORKERS` how many look at once.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a program for people at a terminal, which measures real time"
)]

mod common;

use std::str::FromStr as _;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use chrono::NaiveDate;
use futures_util::TryStreamExt as _;
use linerent::clock::SystemClock;
use linerent::config;
use linerent::operations::run::Watch;
use linerent::operations::{App, databases::init, forecast};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};

use common::{cluster, create_database, execute_postgres, ratio, setting};

const SUBSCRIPTIONS: u64 = 1_000_000;
const SUBSCRIPTIONS_PER_ACCOUNT: u64 = 4;
const ROUNDS: usize = 3;
const DAYS: u32 = 60;
/// The first day of the forecast; everything in the seed was rented in the weeks before.
const TODAY: NaiveDate = NaiveDate::from_ymd_opt(2026, 2, 9).expect("a date");

#[tokio::main]
async fn main() -> Result<()> {
    let subscriptions = setting("LINERENT_BENCH_SUBSCRIPTIONS", SUBSCRIPTIONS)?;
    let accounts = subscriptions.div_ceil(SUBSCRIPTIONS_PER_ACCOUNT).max(1);
    let rounds = setting("LINERENT_BENCH_ROUNDS", ROUNDS)?.max(1);
    let folder = tempfile::tempdir()?;
    let file = format!("sqlite:{}", folder.path().join("bench.db").display());
    let mut engines = Vec::new();
    // First: what SQLite keeps of its file in memory would count as PostgreSQL's, too.
    if let Some(cluster) = cluster() {
        engines.push(("postgres", create_database(&cluster).await?));
    }
    engines.push(("sqlite", file));
    for (engine, url) in engines {
        measure(engine, &url, accounts, rounds).await?;
    }
    Ok(())
}

async fn measure(engine: &str, url: &str, accounts: u64, rounds: usize) -> Result<()> {
    let subscriptions = accounts * SUBSCRIPTIONS_PER_ACCOUNT;
    eprintln!("{engine}: seeding {subscriptions} subscriptions");
    let settings = config::load(None, Some(url))?.settings;
    init::init(&settings, init::Wanted::Sandbox(Some(TODAY)), &SystemClock::default()).await?;
    seed(engine, url, accounts).await?;
    let app = App::open(settings).await?;
    let (mut forecasts, mut floors, mut peak_kib) = (Vec::new(), Vec::new(), 0);
    let mut renewals = 0;
    for round in 1..=rounds {
        let floor = time_floor(engine, url, subscriptions).await?;
        forget_peak()?;
        let begun = Instant::now();
        let foretold = forecast::forecast(&app, DAYS, None, &Watch::default()).await?;
        let took = begun.elapsed();
        peak_kib = peak_kib.max(peak()?);
        let days = foretold.currencies.values().flat_map(|currency| &currency.days);
        renewals = days.map(|day| day.renewals).sum();
        // Each renews once at least in sixty days.
        ensure!(renewals >= subscriptions, "{renewals} renewals of {subscriptions}");
        eprintln!(
            "{engine}: round {round}, {} ms, floor {} ms",
            took.as_millis(),
            floor.as_millis()
        );
        forecasts.push(took);
        floors.push(floor);
    }
    app.store.close().await;
    let (took, floor) = (median(forecasts), median(floors));
    println!(
        "engine={engine} accounts={accounts} subscriptions={subscriptions} days={DAYS} renewals={renewals} forecast_ms={} floor_ms={} ratio={} peak_kib={peak_kib}",
        took.as_millis(),
        floor.as_millis(),
        ratio(floor, took),
    );
    Ok(())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// The most memory that was resident from now on; Linux counts anew.
fn forget_peak() -> Result<()> {
    std::fs::write("/proc/self/clear_refs", "5").context("Linux forgets the peak")
}

fn peak() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.context("Linux tells the most resident memory")?;
    Ok(peak.trim().trim_end_matches(" kB").parse()?)
}

/// One pass over accounts and what they rent, in the order of the accounts, on one connection.
async fn time_floor(engine: &str, url: &str, subscriptions: u64) -> Result<Duration> {
    let begun = Instant::now();
    let mut read = 0;
    if engine == "postgres" {
        let mut connection = PgConnection::connect(url).await?;
        let mut rows = sqlx::query(FLOOR).fetch(&mut connection);
        while rows.try_next().await?.is_some() {
            read += 1;
        }
    } else {
        let mut connection = SqliteConnection::connect(url).await?;
        let mut rows = sqlx::query(FLOOR).fetch(&mut connection);
        while rows.try_next().await?.is_some() {
            read += 1;
        }
    }
    ensure!(read == subscriptions, "{read} rows of {subscriptions}");
    Ok(begun.elapsed())
}

const FLOOR: &str = "
    SELECT accounts.account_id, version, balance, credit_limit, accounts.currency, ordinal, msisdn,
        started_on, monthly_price, periods_charged, next_renewal_on, past_due_since,
        ends_at_period_end, threshold, auto_reloads.amount, auto_reloads.status
    FROM accounts
    JOIN subscriptions ON subscriptions.account_id = accounts.account_id AND ended_on IS NULL
    LEFT JOIN auto_reloads ON auto_reloads.account_id = accounts.account_id
    ORDER BY accounts.account_id, ordinal";

async fn seed(engine: &str, url: &str, accounts: u64) -> Result<()> {
    let subscriptions = accounts * SUBSCRIPTIONS_PER_ACCOUNT;
    if engine == "postgres" {
        let series = format!(
            "CREATE TABLE seed AS SELECT i, {accounts} AS accounts
             FROM generate_series(1, {subscriptions}) AS i"
        );
        let rows = SEED
            .replace("{started}", "CAST('2026-01-' || (10 + i % 19) AS DATE)")
            .replace("{renews}", "CAST('2026-02-' || (10 + i % 19) AS DATE)");
        for sql in [&series, &rows, "VACUUM ANALYZE"] {
            execute_postgres(url, sql.to_owned()).await?;
        }
        return Ok(());
    }
    let series = format!(
        "CREATE TABLE seed AS
         WITH RECURSIVE series (i) AS (
            SELECT 1 UNION ALL SELECT i + 1 FROM series WHERE i < {subscriptions}
         )
         SELECT i, {accounts} AS accounts FROM series"
    );
    let rows = SEED
        .replace("{started}", "'2026-01-' || (10 + i % 19)")
        .replace("{renews}", "'2026-02-' || (10 + i % 19)");
    let options = SqliteConnectOptions::from_str(url)?;
    let mut connection = SqliteConnection::connect_with(&options).await?;
    for sql in [&series, &rows, "ANALYZE"] {
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await?;
    }
    Ok(connection.close().await?)
}

/// Accounts with four numbers for 1.00 to 4.00 each, on days of their own; with money for up to two
/// months, every fifth with a card that pays. Account ids are spread over all 32 bits by an odd factor.
const SEED: &str = "
    INSERT INTO accounts (account_id, name, email, currency, balance, credit_limit, status,
        version, transfer_count, subscription_count, created_at)
    SELECT i * 2654435761 % 4294967296, 'Customer ' || i, 'billing@example.com', 'EUR',
        i % 21 * 1000000, 0, 'open', 6, 5, 4, '2026-01-15T00:00:00+00:00'
    FROM seed
    WHERE i <= accounts;

    INSERT INTO auto_reloads (account_id, threshold, amount, payment_method, status, declines)
    SELECT i * 2654435761 % 4294967296, 5000000, 10000000, 'pm_card_visa', 'on', 0
    FROM seed
    WHERE i <= accounts AND i % 5 = 0;

    INSERT INTO numbers (msisdn, country, type, features, monthly_price, setup_price, currency,
        is_shared, status, account_id)
    SELECT CAST(447000000000 + i AS TEXT), 'GB', 'mobile-lvn', ',SMS,VOICE,', 1000000, 0, 'EUR',
        FALSE, 'rented', ((i - 1) % accounts + 1) * 2654435761 % 4294967296
    FROM seed;

    INSERT INTO subscriptions (account_id, ordinal, msisdn, started_on, monthly_price,
        periods_charged, next_renewal_on, ends_at_period_end)
    SELECT ((i - 1) % accounts + 1) * 2654435761 % 4294967296, (i - 1) / accounts + 1,
        CAST(447000000000 + i AS TEXT), {started}, (i % 4 + 1) * 1000000, 1, {renews}, FALSE
    FROM seed;

    DROP TABLE seed;
";
