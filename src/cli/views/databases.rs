//! Databases that were initialised, and sandboxes whose clock was moved, as JSON.

use chrono::NaiveDate;
use serde::Serialize;

use super::notices::DeliveryView;
use super::runs::RunView;
use crate::installation::InstallationKind;
use crate::operations::databases::advance::Advanced;
use crate::operations::databases::init::Initialised;

/// What `init` did.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct InitialisedView {
    /// `production` or `sandbox`.
    pub kind: &'static str,
    /// The sandbox's date.
    pub on: Option<NaiveDate>,
    /// Whether anything was made or changed.
    pub changed: bool,
}

impl From<Initialised> for InitialisedView {
    fn from(Initialised { kind, changed }: Initialised) -> Self {
        match kind {
            InstallationKind::Production => Self { kind: "production", on: None, changed },
            InstallationKind::Sandbox { on } => Self { kind: "sandbox", on: Some(on), changed },
        }
    }
}

/// Where the sandbox stands now and what was done on the way.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct AdvancedView {
    /// Its date.
    pub on: NaiveDate,
    /// The runs, oldest first.
    pub runs: Vec<RunView>,
    /// What became of their notices.
    pub mail: DeliveryView,
}

impl From<&Advanced> for AdvancedView {
    fn from(Advanced { on, runs, mail }: &Advanced) -> Self {
        let runs = runs.iter().map(RunView::from).collect();
        Self { on: *on, runs, mail: mail.clone().into() }
    }
}
