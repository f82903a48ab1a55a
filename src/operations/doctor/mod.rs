//! `doctor`: checks everything that the daily work needs, changes nothing, and continues after a failure.
//!
//! One file per subject; each adds its findings to the list. To check something else: a file here, and a line in
//! [`examine`]. Every finding that is not `ok` has a [`Remedy`], which the interface puts into words.

mod cards;
mod database;
mod days;
mod metrics;
mod post;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Error;
use chrono::NaiveDate;

use super::Settings;
use crate::clock::Clock;
use crate::installation::InstallationKind;
use crate::private_files::open_to_others;
use crate::store::Store;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Ok,
    /// The work goes on, but an operator should look at it.
    Warning,
    /// The work, or a part of it, cannot be done.
    Wrong,
}

/// The subject of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum Check {
    Metrics,
    Database,
    Clock,
    Runs,
    Gateway,
    Mail,
    Notices,
}

impl Check {
    pub const fn as_str(self) -> &'static str {
        self.into_str()
    }
}

#[derive(Debug)]
pub struct Finding {
    pub check: Check,
    pub level: Level,
    pub message: Message,
    /// `None` if the level is [`Level::Ok`].
    pub remedy: Option<Remedy>,
}

#[derive(Debug)]
pub enum Message {
    Text(String),
    /// A check failed. A remedy that belongs to the error goes before that of the finding.
    Failure(Error),
    /// Runs by hand can write their metrics to this file.
    MetricsWritable(PathBuf),
    MetricsUnwritable(PathBuf, std::io::Error),
    /// Other users of this machine can read these files or folders.
    OpenToOthers(Vec<PathBuf>),
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Message {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// What can be done about a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    // --- metrics
    SetMetricsFile,
    AllowMetricsFolder,

    // --- database
    CheckDatabase,
    CheckDatabaseUrl,
    CheckDatabaseRights,
    /// Repair the database, then repeat the checks.
    RepairDatabase,
    MakeRoom,
    MakeRoomInTime,
    /// Take the permissions of other users away.
    RestrictFiles,
    SetServerClock,

    // --- clock and runs
    SetClock,
    StartRun,
    /// A run that was interrupted goes on.
    ContinueRun,
    ShowRun(NaiveDate),
    ContinueUndo(NaiveDate),
    /// Correct the clock, or approve the run if its date is right.
    ReviewClock(NaiveDate),
    /// Look at a held run, then approve it.
    ReviewRun(NaiveDate),
    /// List what is due by this date, and charge it.
    ListDue(NaiveDate),

    // --- gateway
    CheckPayments,
    /// As [`Self::CheckPayments`]; until then no card is charged.
    CheckCredentials,
    /// Check the connection to the gateway of this name.
    CheckGatewayNetwork(&'static str),
    EndRehearsal,
    SetGateway,

    // --- mail and notices
    CheckMail,
    TestMail,
    SetOperator,
    DeliverNotices,
    RetryNotices,
}

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn ok(&mut self, check: Check, message: impl Into<Message>) {
        self.add(check, Level::Ok, message.into(), None);
    }

    fn warn(&mut self, check: Check, message: impl Into<Message>, remedy: Remedy) {
        self.add(check, Level::Warning, message.into(), Some(remedy));
    }

    fn wrong(&mut self, check: Check, message: impl Into<Message>, remedy: Remedy) {
        self.add(check, Level::Wrong, message.into(), Some(remedy));
    }

    /// A check that failed. `remedy` applies if there is none for the error.
    fn failed(&mut self, check: Check, error: impl Into<Error>, remedy: Remedy) {
        self.wrong(check, Message::Failure(error.into()), remedy);
    }

    /// Warns of those of `paths` that hold personal data and can be read by other users of this machine.
    fn warn_if_open(&mut self, check: Check, paths: impl IntoIterator<Item = PathBuf>) {
        let open = open_to_others(paths);
        if !open.is_empty() {
            self.warn(check, Message::OpenToOthers(open), Remedy::RestrictFiles);
        }
    }

    fn add(&mut self, check: Check, level: Level, message: Message, remedy: Option<Remedy>) {
        self.0.push(Finding { check, level, message, remedy });
    }
}

/// A database that could be opened and is initialised.
struct Opened {
    store: Store,
    kind: InstallationKind,
}

/// Checks everything that valid settings lead to.
pub async fn examine(settings: &Settings, clock: &Arc<dyn Clock>) -> Vec<Finding> {
    let mut findings = Findings::default();
    metrics::look(&mut findings, settings);
    let opened = database::look(&mut findings, settings, &**clock).await;
    if let Some(opened) = &opened {
        days::look(&mut findings, settings, opened, &**clock).await;
    }
    cards::look(&mut findings, settings, clock, opened.as_ref()).await;
    post::look_at_mail(&mut findings, settings, opened.as_ref()).await;
    if let Some(opened) = &opened {
        post::look_at_notices(&mut findings, opened, clock.now()).await;
        opened.store.close().await;
    }
    findings.0
}
