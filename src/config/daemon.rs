//! `[http]`, `[metrics]` and `[shutdown]`: how the programs are monitored, and how the daemon stops.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail};

use super::error::ConfigError;
use super::keys::{Key, Kind, key};
use super::values::Values;

pub(super) const KEYS: &[Key] = &[
    key("http.listen", Kind::Listen),
    key("metrics.textfile", Kind::Path),
    key("shutdown.grace_s", Kind::whole(0, 3_600)),
];

/// The settings that only the daemon has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DaemonSettings {
    /// Where health and metrics are served, if anywhere.
    pub listen: Option<SocketAddr>,
    /// How long after it was due a run that has not ended is late.
    pub late_after: Duration,
    /// How long the work in hand may take to finish when the daemon is asked to stop.
    pub grace: Duration,
}

impl DaemonSettings {
    /// The keys that `new` changes and that hold from the next start on.
    pub fn changed_until_restart(&self, new: &Self) -> Vec<&'static str> {
        // The daemon uses a new `late_after` at once.
        let Self { listen, late_after: _, grace } = self;
        let keys =
            [("http.listen", *listen != new.listen), ("shutdown.grace_s", *grace != new.grace)];
        keys.into_iter().filter(|(_, has_changed)| *has_changed).map(|(key, _)| key).collect()
    }
}

pub(super) fn settings(values: &Values) -> DaemonSettings {
    DaemonSettings {
        listen: values.listen("http.listen"),
        late_after: values.time("schedule.late_after"),
        grace: values.seconds("shutdown.grace_s"),
    }
}

/// The collector reads no file with another ending.
pub(super) fn metrics_textfile(values: &Values) -> Result<Option<PathBuf>> {
    let file = values.find_path("metrics.textfile");
    if let Some(file) = file.as_ref().filter(|it| it.extension().is_none_or(|it| it != "prom")) {
        bail!(ConfigError::invalid(
            format!("`metrics.textfile` is `{}`", file.display()),
            "use a name that ends in .prom"
        ));
    }
    Ok(file)
}
