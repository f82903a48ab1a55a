//! How long a run takes over many cards, beside the bare charges at the same gateway.
//!
//! The gateway is the sandbox with a card that takes 300 ms, as many at once as a run has by
//! default. The floor asks it for as many charges and records nothing: no intents, no claims, no
//! ledger. What a ratio is below 1 is what it costs that no charge can be lost.
//!
//! `./scripts/test --with-cluster cargo bench --bench reloads` measures both engines, plain
//! `cargo bench --bench reloads` SQLite. `LINERENT_BENCH_RELOADS` says how many.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a program for people at a terminal, which measures real time"
)]

mod common;

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use futures_util::{StreamExt as _, stream};
use linerent::clock::SystemClock;
use linerent::config;
use linerent::ids::{AccountId, ReloadId};
use linerent::money::{Currency, Money};
use linerent::operations::accounts::auto_reload::{self, Order};
use linerent::operations::accounts::create::{self, AccountCreate};
use linerent::operations::run::{self, Watch};
use linerent::operations::{App, Settings, audit, databases::init};
use linerent::payments::{Charge, Outcome};
use linerent::reload::PaymentMethod;
use linerent::rng::SystemRng;

use common::{cluster, create_database, ratio, setting};

const RELOADS: u32 = 1_000;
const CARD: &str = "pm_sandbox_slow_300";
const CARD_MS: u64 = 300;

#[tokio::main]
async fn main() -> Result<()> {
    let reloads = setting("LINERENT_BENCH_RELOADS", RELOADS)?;
    let folder = tempfile::tempdir()?;
    let mut databases =
        vec![("sqlite", format!("sqlite:{}", folder.path().join("bench.db").display()))];
    if let Some(cluster) = cluster() {
        databases.push(("postgres", create_database(&cluster).await?));
    }
    for (engine, url) in databases {
        let app = seed(&url, reloads).await?;
        let at_once = app.settings.policy.run.charges;
        let run = time_run(&app, reloads).await?;
        let floor = time_floor(&app, reloads).await?;
        let ideal = Duration::from_millis(CARD_MS * u64::from(reloads.div_ceil(at_once)));
        app.store.close().await;
        println!(
            "engine={engine} reloads={reloads} at_once={at_once} ideal_s={} floor_s={} run_s={} ratio={}",
            seconds(ideal),
            seconds(floor),
            seconds(run),
            ratio(floor, run),
        );
    }
    Ok(())
}

/// A sandbox with so many accounts whose balances are low.
async fn seed(url: &str, reloads: u32) -> Result<App> {
    eprintln!("seeding {reloads} accounts");
    let settings: Settings = config::load(None, Some(url))?.settings;
    init::init(&settings, init::Wanted::Sandbox(None), &SystemClock::default()).await?;
    let app = App::open(settings).await?;
    for index in 0..reloads {
        let id = AccountId::new(index * (u32::MAX / reloads));
        let account = AccountCreate {
            name: format!("Customer {index}"),
            email: "billing@example.com".to_owned(),
            id: Some(id),
            currency: linerent::money::currency_of("EUR")?,
            credit_limit: None,
            low_balance: None,
        };
        create::create(&app, &account).await?;
        let order = Order::On {
            threshold: "5".parse()?,
            amount: "20".parse()?,
            payment_method: PaymentMethod { id: CARD.to_owned(), customer: None },
        };
        auto_reload::set(&app, id, &order).await?;
    }
    Ok(app)
}

/// The product's run, whole.
async fn time_run(app: &App, reloads: u32) -> Result<Duration> {
    let begun = Instant::now();
    let report = run::run(app, &Watch::default()).await?;
    let took = begun.elapsed();
    ensure!(report.counts.reloads.captured == u64::from(reloads), "{report:?}");
    let audit = audit::audit(app, &Watch::default()).await?;
    ensure!(audit.disagreements.is_empty(), "{:?}", audit.disagreements);
    Ok(took)
}

/// As many charges at the same gateway, and nothing else.
async fn time_floor(app: &App, reloads: u32) -> Result<Duration> {
    let gateway = app.gateway()?;
    let at_once = usize::try_from(app.settings.policy.run.charges)?;
    let now = app.clock.now();
    let begun = Instant::now();
    stream::iter(0..reloads)
        .for_each_concurrent(at_once, async |index| {
            let charge = Charge {
                id: ReloadId::random(AccountId::new(index), &SystemRng),
                amount: Money::from_micros(20_000_000, Currency::EUR),
                payment_method: PaymentMethod { id: CARD.to_owned(), customer: None },
                reference: None,
                asked: (now, now),
            };
            let outcome = gateway.charge(&charge).await;
            assert!(matches!(outcome, Outcome::Captured { .. }), "{outcome:?}");
        })
        .await;
    Ok(begun.elapsed())
}

fn seconds(took: Duration) -> String {
    format!("{}.{:02}", took.as_secs(), took.subsec_millis() / 10)
}
