//! Configuration, in layers: built in, a file, the environment (DESIGN 5).
//!
//! To add a key: `config/default.toml` with its unit and consequence, and a field here. Unknown
//! keys and impossible values are refused with the key, the value and the remedy.

use crate::policy::{
    AheadWhen, BillingPolicy, Concurrency, Guard, Hold, NoticePolicy, ReleasePolicy,
};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use chrono::{NaiveTime, TimeDelta};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use crate::mail::Mailer;
use crate::operations::Settings;
use crate::reload::ReloadPolicy;
use crate::store::Store;
use crate::store::engine::pool::PoolSettings;
use crate::webhooks::WebhookSettings;

mod keys;
mod layers;
mod mail;
mod operator;
mod payments;
mod shown;

pub use layers::Sources;
pub use shown::{Setting, show};

use layers::Layers;
use shown::without_a_stray_secret;

/// Every setting with its default.
const DEFAULTS: &str = include_str!("../config/default.toml");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    database: Database,
    billing: Billing,
    schedule: Schedule,
    release: Release,
    run: Run,
    auto_reload: AutoReload,
    payments: Payments,
    mail: mail::Mail,
    operator: operator::Operator,
    notices: Notices,
    webhooks: Webhooks,
    http: Http,
    shutdown: Shutdown,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Database {
    url: SecretString,
    url_file: Option<PathBuf>,
    connections_max: u32,
    wait_max: String,
    answer_max: String,
}

impl Database {
    fn pool(&self) -> Result<PoolSettings> {
        in_range("database.connections_max", u64::from(self.connections_max), 2, 1_000)?;
        let wait_max = duration("database.wait_max", &self.wait_max, 1)?;
        let answer_max = duration("database.answer_max", &self.answer_max, 1)?;
        Ok(PoolSettings { wait_max, answer_max, connections_max: self.connections_max })
    }

    /// The URL, which may hold a password and so be kept in a file of its own.
    fn url(self) -> Result<String> {
        let Some(file) = self.url_file else { return Ok(self.url.expose_secret().to_owned()) };
        let url = secret_in("database.url_file", &file)?;
        // It may be another secret's file, of which nothing must be repeated.
        if !["sqlite:", "postgres:", "postgresql:"].iter().any(|scheme| url.starts_with(scheme)) {
            bail!(
                "the file that `database.url_file` names holds no database URL\nhint: write sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME into it"
            );
        }
        Ok(url)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Billing {
    time_zone: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Schedule {
    run_at: String,
    late_after: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Release {
    grace_days: u32,
    late_grace_days: u32,
    hold_days: u32,
    guard_percent: Decimal,
    guard_min: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Run {
    batch_accounts: u32,
    workers: u32,
    lease_s: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AutoReload {
    multiples_max: u32,
    per_day_max: u32,
    failures_max: u32,
    retry_after: String,
    check_every: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Payments {
    gateway: String,
    concurrent_max: u32,
    test_in_production: bool,
    stripe: payments::Stripe,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Notices {
    ahead: String,
    ahead_days: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Webhooks {
    timeout: String,
    allow_private: bool,
}

impl Webhooks {
    fn settings(&self) -> Result<WebhookSettings> {
        let timeout = duration("webhooks.timeout", &self.timeout, 0)?;
        // Somebody waits for it at a terminal.
        if !(Duration::from_secs(1)..=Duration::from_secs(60)).contains(&timeout) {
            bail!("`webhooks.timeout` is `{}`\nhint: use 1s to 60s", self.timeout);
        }
        Ok(WebhookSettings { timeout, allow_private: self.allow_private })
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Http {
    listen: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shutdown {
    grace_s: u64,
}

/// What the configuration comes to.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// For every operation.
    pub settings: Settings,
    /// For the daemon alone.
    pub daemon: DaemonSettings,
    /// What it was read from.
    pub sources: Sources,
}

/// How the daemon shows itself, and how it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DaemonSettings {
    /// Where its health and its metrics can be asked for; none for nowhere.
    pub listen: Option<SocketAddr>,
    /// How long after it was due a run that has not ended is late.
    pub late_after: Duration,
    /// How long what is at work may take to come to its end when it is asked to stop.
    pub grace: Duration,
}

/// Longest number of days that a rule may speak of: ten years.
const DAYS_MAX: u32 = 3_660;

/// Reads the built-in defaults, then `file`, then the environment; `database_url` overrides all.
///
/// # Errors
/// Names the key, the value and the remedy.
pub fn load(file: Option<&Path>, database_url: Option<&str>) -> Result<Loaded> {
    let layers = Layers::read(file, database_url)?;
    let sources = layers.sources().clone();
    let config = layers.into_config()?;
    let daemon = config.daemon()?;
    Ok(Loaded { settings: config.settings()?, daemon, sources })
}

/// Reads everything as [`load`] does, and tries all that can be tried without a database or a network:
/// letters and certificates too. Returns what it was read from.
///
/// # Errors
/// Names the key, the value and the remedy.
pub fn check(file: Option<&Path>, database_url: Option<&str>) -> Result<Sources> {
    let Loaded { settings, sources, .. } = load(file, database_url)?;
    Store::check_url(&settings.database_url).context("reading `database.url`")?;
    Mailer::new(&settings.mail)?;
    Ok(sources)
}

impl Config {
    fn daemon(&self) -> Result<DaemonSettings> {
        in_range("shutdown.grace_s", self.shutdown.grace_s, 0, 3_600)?;
        let listen = match self.http.listen.as_str() {
            "off" => None,
            address => Some(address.parse().ok().with_context(|| {
                format!(
                    "`http.listen` is `{address}`, which is no address with a port\nhint: use for example 127.0.0.1:9480, or off"
                )
            })?),
        };
        Ok(DaemonSettings {
            listen,
            late_after: duration("schedule.late_after", &self.schedule.late_after, 1)?,
            grace: Duration::from_secs(self.shutdown.grace_s),
        })
    }

    fn settings(self) -> Result<Settings> {
        let zone: Tz = self.billing.time_zone.parse().ok().with_context(|| {
            format!(
                "`billing.time_zone` is `{}`, which is no time zone\nhint: use an IANA name, for example Europe/London",
                self.billing.time_zone
            )
        })?;
        let run_at = NaiveTime::parse_from_str(&self.schedule.run_at, "%H:%M").ok().with_context(|| {
            format!(
                "`schedule.run_at` is `{}`, which is no time of day\nhint: write hours and minutes, for example 02:30",
                self.schedule.run_at
            )
        })?;
        Ok(Settings {
            zone,
            run_at,
            policy: Arc::new(policy(&self)?),
            check_every: duration("auto_reload.check_every", &self.auto_reload.check_every, 1)?,
            gateway: payments::gateway(&self.payments.gateway, &self.payments.stripe)?,
            test_in_production: self.payments.test_in_production,
            mail: Arc::new(self.mail.settings()?),
            webhooks: self.webhooks.settings()?,
            issuer: Arc::new(self.operator.issuer()?),
            database_pool: self.database.pool()?,
            database_url: self.database.url()?,
        })
    }
}

fn policy(config: &Config) -> Result<BillingPolicy> {
    let Config { release, run, payments, mail, notices, .. } = config;
    if release.guard_percent < Decimal::ZERO || release.guard_percent > Decimal::ONE_HUNDRED {
        bail!("`release.guard_percent` is `{}`\nhint: use 0 to 100", release.guard_percent);
    }
    for (key, days) in [
        ("grace_days", release.grace_days),
        ("late_grace_days", release.late_grace_days),
        ("hold_days", release.hold_days),
    ] {
        in_range(&format!("release.{key}"), u64::from(days), 0, u64::from(DAYS_MAX))?;
    }
    in_range("run.batch_accounts", u64::from(run.batch_accounts), 1, 10_000)?;
    in_range("run.workers", u64::from(run.workers), 1, 8)?;
    in_range("run.lease_s", run.lease_s, 1, 3_600)?;
    in_range("payments.concurrent_max", u64::from(payments.concurrent_max), 1, 1_000)?;
    // The first renewal is 28 days after the rental at the earliest: it can be told of from then on.
    in_range("notices.ahead_days", u64::from(notices.ahead_days), 1, 27)?;
    Ok(BillingPolicy {
        release: ReleasePolicy {
            grace_days: release.grace_days,
            late_grace_days: release.late_grace_days,
            hold: Hold { days: release.hold_days },
            guard: Guard { percent: release.guard_percent, min: release.guard_min },
        },
        auto_reload: reload_policy(&config.auto_reload)?,
        notices: NoticePolicy {
            ahead: ahead_when(&notices.ahead)?,
            ahead_days: notices.ahead_days,
            has_operator: mail.has_operator(),
        },
        run: Concurrency {
            batch_accounts: run.batch_accounts,
            workers: run.workers,
            lease: Duration::from_secs(run.lease_s),
            charges: payments.concurrent_max,
        },
    })
}

fn ahead_when(word: &str) -> Result<AheadWhen> {
    match word {
        "if_short" => Ok(AheadWhen::IfShort),
        "always" => Ok(AheadWhen::Always),
        "never" => Ok(AheadWhen::Never),
        other => bail!("`notices.ahead` is `{other}`\nhint: use if_short, always or never"),
    }
}

fn reload_policy(keys: &AutoReload) -> Result<ReloadPolicy> {
    for (key, count) in [
        ("multiples_max", keys.multiples_max),
        ("per_day_max", keys.per_day_max),
        ("failures_max", keys.failures_max),
    ] {
        in_range(&format!("auto_reload.{key}"), u64::from(count), 1, 1_000)?;
    }
    let retry_after = duration("auto_reload.retry_after", &keys.retry_after, 0)?;
    Ok(ReloadPolicy {
        multiples_max: keys.multiples_max,
        per_day_max: keys.per_day_max,
        failures_max: keys.failures_max,
        retry_after: TimeDelta::from_std(retry_after).unwrap_or(TimeDelta::MAX),
    })
}

/// The longest time that a key may speak of: thirty days.
const DURATION_MAX: Duration = Duration::from_secs(30 * 24 * 3_600);

/// A time such as `90s`, `6min` or `1h 30min`; a number alone is seconds.
fn duration(key: &str, text: &str, min_s: u64) -> Result<Duration> {
    let read = match text.trim().parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => humantime::parse_duration(text).ok(),
    };
    let duration = read.with_context(|| {
        format!("`{key}` is `{text}`, which is no time\nhint: write it as 90s, 6min or 1h")
    })?;
    if duration > DURATION_MAX || duration < Duration::from_secs(min_s) {
        bail!("`{key}` is `{text}`\nhint: use {min_s}s to 30days");
    }
    Ok(duration)
}

/// What the file holds that `key` names.
fn secret_in(key: &str, file: &Path) -> Result<String> {
    let text = std::fs::read_to_string(file).with_context(|| {
        // Somebody may have taken the key for the one that holds the secret itself.
        let named = file.display().to_string();
        let named = without_a_stray_secret(&named);
        format!("reading `{key}`, {named}\nhint: it names a file that this user may read")
    })?;
    Ok(text.trim().to_owned())
}

/// Whether `host`, a name or an address, is this machine: what goes there nobody else can read.
fn is_this_machine(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']);
    host == "localhost" || address.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

fn in_range(key: &str, value: u64, min: u64, max: u64) -> Result<()> {
    if !(min..=max).contains(&value) {
        bail!("`{key}` is `{value}`\nhint: use {min} to {max}");
    }
    Ok(())
}
