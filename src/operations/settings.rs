//! The settings of operations, read from the configuration.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveTime;
use chrono_tz::Tz;
use linerent_pdf::Issuer;

use crate::mail::MailSettings;
use crate::payments::GatewaySettings;
use crate::policy::BillingPolicy;
use crate::schedule::Schedule;
use crate::store::engine::pool::PoolSettings;
use crate::webhooks::WebhookSettings;

/// What the operator's configuration comes to.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `sqlite:PATH` or `postgres://…`.
    pub database_url: String,
    /// How many connections there are to it, and how long one is waited for.
    pub database_pool: PoolSettings,
    /// Where billing dates are read off the clock.
    pub zone: Tz,
    /// When the day's run is due, by that zone's wall clock.
    pub run_at: NaiveTime,
    /// The rules of billing.
    pub policy: Arc<BillingPolicy>,
    /// How often balances are checked between runs.
    pub check_every: Duration,
    /// Who charges cards.
    pub gateway: GatewaySettings,
    /// Whether a production database takes a gateway that moves no money.
    pub test_in_production: bool,
    /// Who writes mails, and how they leave.
    pub mail: Arc<MailSettings>,
    /// How webhooks are checked.
    pub webhooks: WebhookSettings,
    /// Who issues documents.
    pub issuer: Arc<Issuer>,
    /// Where a run by hand or by cron leaves its metrics, if anywhere.
    pub metrics_textfile: Option<PathBuf>,
}

impl Settings {
    /// When the days' runs are due.
    pub const fn schedule(&self) -> Schedule {
        Schedule { run_at: self.run_at, zone: self.zone }
    }
}
