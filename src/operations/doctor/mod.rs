//! `doctor`: looks at all that the daily work needs, changes nothing, and goes on after a failure.
//!
//! One file per thing that is looked at; each adds its lines to the `Findings`. To look at something
//! else: a file here, and a line in [`examine`]. What is not well has a remedy.

mod cards;
mod database;
mod days;
mod metrics;
mod post;

use std::sync::Arc;

use anyhow::Error;
use serde::Serialize;

use super::Settings;
use crate::clock::Clock;
use crate::installation::InstallationKind;
use crate::store::Store;

/// How well something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it should be.
    Ok,
    /// The work goes on, and somebody should look.
    Warning,
    /// The work, or a part of it, cannot go on.
    Wrong,
}

impl State {
    /// As it is shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Wrong => "wrong",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Finding {
    /// `configuration`, `metrics`, `database`, `clock`, `runs`, `gateway`, `mail` or `notices`.
    pub about: &'static str,
    /// `ok`, `warning` or `wrong`.
    pub state: State,
    /// What was found, in words.
    pub finding: String,
    /// What to do about it; there for everything that is not well.
    pub remedy: Option<String>,
}

/// How an error is put into words: what was tried and why it failed, and the remedies.
pub type Explain = fn(&Error) -> (String, Vec<String>);

/// What was found so far.
struct Findings {
    list: Vec<Finding>,
    explain: Explain,
}

impl Findings {
    const fn new(explain: Explain) -> Self {
        Self { list: Vec::new(), explain }
    }

    fn ok(&mut self, about: &'static str, finding: impl Into<String>) {
        self.add(about, State::Ok, finding.into(), None);
    }

    fn warn(&mut self, about: &'static str, finding: impl Into<String>, remedy: impl Into<String>) {
        self.add(about, State::Warning, finding.into(), Some(remedy.into()));
    }

    fn wrong(
        &mut self,
        about: &'static str,
        finding: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.add(about, State::Wrong, finding.into(), Some(remedy.into()));
    }

    /// Something that failed, with the remedies that its error carries, or else with this one.
    fn failed(&mut self, about: &'static str, error: impl Into<Error>, remedy: &str) {
        let (reason, mut remedies) = (self.explain)(&error.into());
        if remedies.is_empty() {
            remedies.push(remedy.to_owned());
        }
        self.wrong(about, reason, remedies.join("; "));
    }

    fn add(&mut self, about: &'static str, state: State, finding: String, remedy: Option<String>) {
        self.list.push(Finding { about, state, finding, remedy });
    }
}

/// A database that could be opened, and all of what is in it understood.
struct Opened {
    store: Store,
    kind: InstallationKind,
}

/// What there is to say where the configuration cannot be read.
pub fn misconfigured(error: Error, explain: Explain) -> Vec<Finding> {
    let mut findings = Findings::new(explain);
    findings.failed("configuration", error, "see `linerent config show`");
    findings.warn(
        "configuration",
        "nothing else could be looked at",
        "mend the configuration, then run `linerent doctor` again",
    );
    findings.list
}

/// Looks at everything. `sources` says what the settings were read from, and `ignored` names variables
/// that somebody may have meant for settings.
pub async fn examine(
    settings: &Settings,
    clock: &Arc<dyn Clock>,
    sources: &str,
    ignored: &[String],
    explain: Explain,
) -> Vec<Finding> {
    let mut findings = Findings::new(explain);
    findings.ok("configuration", format!("it is valid: {sources}"));
    for name in ignored {
        findings.warn(
            "configuration",
            format!("the environment variable {name} is ignored"),
            "write two underscores after LINERENT and after each section",
        );
    }
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
    findings.list
}
