//! The open database with its settings, with which every operation begins.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use thiserror::Error;
use tokio::sync::Semaphore;

use super::run::Watch;
use super::{Refusal, Settings};
use crate::account::Account;
use crate::billing::AccountWriter;
use crate::billing::delivery::NoticeSender;
use crate::billing::reload_processor::ReloadProcessor;
use crate::calendar::{date_at, instant_of};
use crate::clock::{Clock, Moment, SystemClock};
use crate::ids::AccountId;
use crate::installation::InstallationKind;
use crate::mail::Mailer;
use crate::payments::{ApiKey, Gateway, Mode};
use crate::rng::{Rng, SystemRng};
use crate::store::schema::SchemaError;
use crate::store::{Store, StoreError};

/// An open database with its clock and rules: where every operation begins.
#[derive(Debug, Clone)]
pub struct App {
    /// The database.
    pub store: Store,
    /// What it is for.
    pub kind: InstallationKind,
    /// The configuration.
    pub settings: Settings,
    /// The gateway; `None` in a production database with the sandbox gateway.
    pub gateway: Option<Arc<dyn Gateway>>,
    /// As many as this process may charge at once.
    pub permits: Arc<Semaphore>,
    /// Who writes mails and sends them.
    pub mailer: Arc<Mailer>,
    /// Where every operation takes the time from.
    pub clock: Arc<dyn Clock>,
    /// Where ids, tokens and jitter come from.
    pub rng: Arc<dyn Rng>,
}

/// Why a database cannot be used with these settings: test keys are for sandboxes, live keys for production.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum OpenError {
    #[error("this is a sandbox, and `{}` is a live key", .0.setting)]
    LiveKeyInSandbox(ApiKey),
    #[error("this is a production database, and `{}` is a test key", .0.setting)]
    TestKeyInProduction(ApiKey),
}

impl App {
    /// Opens the database of `settings`, which must have been initialised, with the machine's clock and
    /// randomness.
    ///
    /// # Errors
    /// Where it cannot be reached, is not linerent's, or does not fit this program.
    pub async fn open(settings: Settings) -> Result<Self> {
        Self::open_with(settings, Arc::new(SystemClock::default()), Arc::new(SystemRng)).await
    }

    /// As [`App::open`], with this clock and randomness.
    ///
    /// # Errors
    /// As [`App::open`].
    pub async fn open_with(
        settings: Settings,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
    ) -> Result<Self> {
        let store = Store::connect(&settings.database_url, settings.database_pool)
            .await
            .context("opening the database")?;
        let kind = kind_of(&store).await?;
        Self::with(store, kind, settings, clock, rng)
    }

    /// The same database with other settings; where it is stays as it was.
    ///
    /// # Errors
    /// If a setting does not fit this kind of database, or a template cannot be rendered.
    pub fn with_settings(&self, settings: Settings) -> Result<Self> {
        let Settings { database_url, database_pool, .. } = self.settings.clone();
        let settings = Settings { database_url, database_pool, ..settings };
        let (clock, rng) = (Arc::clone(&self.clock), Arc::clone(&self.rng));
        let mut app = Self::with(self.store.clone(), self.kind, settings, clock, rng)?;
        if app.settings.policy.run.charges == self.settings.policy.run.charges {
            // What is being charged now counts among the charges at once.
            app.permits = Arc::clone(&self.permits);
        }
        Ok(app)
    }

    fn with(
        store: Store,
        kind: InstallationKind,
        settings: Settings,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
    ) -> Result<Self> {
        let gateway = gateway_for(kind, &settings, &store, &clock)?;
        let mailer = Arc::new(Mailer::new(&settings.mail)?);
        let permits =
            usize::try_from(settings.policy.run.charges).unwrap_or(Semaphore::MAX_PERMITS);
        let permits = Arc::new(Semaphore::new(permits));
        Ok(Self { store, kind, settings, gateway, permits, mailer, clock, rng })
    }

    /// The gateway, if this database may charge cards.
    pub fn gateway(&self) -> Result<&Arc<dyn Gateway>, Refusal> {
        self.gateway.as_ref().ok_or(Refusal::GatewayNotConfigured)
    }

    /// Who sends notices, until `watch` says stop.
    pub fn notice_sender(&self, watch: &Watch) -> NoticeSender {
        let (store, mailer) = (self.store.clone(), Arc::clone(&self.mailer));
        let (clock, rng) = (Arc::clone(&self.clock), Arc::clone(&self.rng));
        let Watch { stop, observer } = watch.clone();
        NoticeSender { store, mailer, clock, rng, stop, observer }
    }

    /// Charges cards, and records it at `moment`.
    pub fn reload_processor(&self, moment: Moment) -> ReloadProcessor {
        let (gateway, permits) = (self.gateway.clone(), Arc::clone(&self.permits));
        ReloadProcessor::new(self.account_writer(moment), gateway, permits)
    }

    /// Changes accounts at `moment`.
    pub fn account_writer(&self, moment: Moment) -> AccountWriter {
        AccountWriter {
            store: self.store.clone(),
            policy: Arc::clone(&self.settings.policy),
            is_production: self.kind == InstallationKind::Production,
            moment,
            clock: Arc::clone(&self.clock),
            rng: Arc::clone(&self.rng),
        }
    }

    /// Now: the clock's time, or the sandbox's, which is `schedule.run_at` of its date. An operation
    /// takes it once, when it begins.
    pub fn moment(&self) -> Moment {
        moment_of(self.kind, &self.settings, &*self.clock)
    }

    /// As [`App::moment`], for an operation that charges or credits an account, or ends rentals.
    ///
    /// # Errors
    /// Refuses if the machine's clock may be wrong.
    pub async fn billing_moment(&self) -> super::error::Result<Moment> {
        let moment = self.moment();
        match self.account_writer(moment).find_clock_fault().await? {
            Some(fault) => Err(Refusal::ClockWrong { fault }.into()),
            None => Ok(moment),
        }
    }

    pub async fn account(&self, id: AccountId) -> super::error::Result<Account> {
        let account = self.store.find_account(id).await?;
        account.ok_or_else(|| Refusal::AccountNotFound { account: id }.into())
    }

    /// The account, which must not be closed.
    pub async fn open_account(&self, id: AccountId) -> super::error::Result<Account> {
        let account = self.account(id).await?;
        if account.is_open {
            return Ok(account);
        }
        Err(Refusal::AccountClosed { account: id }.into())
    }
}

/// The kind of a database, which must be initialised and of this program's version.
pub(super) async fn kind_of(store: &Store) -> Result<InstallationKind> {
    store.require_current_schema().await?;
    let installation = store.find_installation().await?;
    let installation = installation.ok_or(StoreError::Schema(SchemaError::Unfinished))?;
    Ok(installation.kind)
}

pub(super) fn moment_of(kind: InstallationKind, settings: &Settings, clock: &dyn Clock) -> Moment {
    match kind {
        InstallationKind::Production => {
            let at = clock.now();
            Moment { at, on: date_at(at, settings.zone) }
        }
        InstallationKind::Sandbox { on } => {
            Moment { at: instant_of(on, settings.run_at, settings.zone), on }
        }
    }
}

/// The gateway that a database of this kind may use. Test and live never mix: a sandbox must not
/// move money, and play money must not pay for real numbers.
pub(super) fn gateway_for(
    kind: InstallationKind,
    settings: &Settings,
    store: &Store,
    clock: &Arc<dyn Clock>,
) -> Result<Option<Arc<dyn Gateway>>, OpenError> {
    let gateway = &settings.gateway;
    let is_rehearsal = settings.test_in_production;
    match (kind, gateway.api_key()) {
        (InstallationKind::Sandbox { .. }, Some(key)) if key.mode == Mode::Live => {
            Err(OpenError::LiveKeyInSandbox(key))
        }
        (InstallationKind::Production, Some(key)) if key.mode == Mode::Test && !is_rehearsal => {
            Err(OpenError::TestKeyInProduction(key))
        }
        // Nothing is wrong as long as no card is to be charged.
        (InstallationKind::Production, None) if !is_rehearsal => Ok(None),
        _ => Ok(Some(gateway.open(Arc::new(store.clone()), clock))),
    }
}
