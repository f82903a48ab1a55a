//! The metrics of one run by hand, in a file for the textfile collector of Prometheus' node exporter.
//!
//! They have the names and labels of the daemon's `/metrics`. Counters go on from the values in the file, so
//! that they grow from run to run like those of a long-running process.

use std::collections::HashMap;
use std::fs::{File, Permissions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use chrono::{DateTime, Utc};
use prometheus_client::encoding::text::encode_registry;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;
use rust_decimal::Decimal;
use thiserror::Error;
use tokio::time::timeout;

use super::{DatabaseMetrics, Metrics, Reading};
use crate::billing::delivery::Delivered;
use crate::billing::{Day, Observer};
use crate::operations::App;
use crate::operations::databases::system_status;
use crate::run::{Pass, RunCounts};
use crate::telemetry::reasons;

/// How long the database may take to be read.
const READING_MAX: Duration = Duration::from_secs(30);

const LAST_ATTEMPT: &str = "linerent_run_last_attempt_timestamp_seconds";
const LAST_SUCCESS: &str = "linerent_run_last_success_timestamp_seconds";

#[derive(Debug, Error)]
#[error("writing the metrics to {}", file.display())]
pub struct MetricsUnwritable {
    file: PathBuf,
    #[source]
    source: std::io::Error,
}

/// The metrics of one run.
pub struct RunMetrics {
    file: PathBuf,
    metrics: Metrics,
    began_at: DateTime<Utc>,
}

impl RunMetrics {
    /// A run begins at `began_at`. Its metrics go to `file`.
    pub fn begin(file: PathBuf, began_at: DateTime<Utc>) -> Self {
        Self { file, metrics: Metrics::new(), began_at }
    }

    /// An observer that counts for the file and passes everything on to `other`.
    pub fn with(self: &Arc<Self>, other: Arc<dyn Observer>) -> Arc<dyn Observer> {
        Arc::new(Both { run: Arc::clone(self), other })
    }

    /// The run has sent notices.
    pub fn delivered(&self, done: &Delivered) {
        self.metrics.delivered(done);
    }

    /// Replaces the file. `app` is none if the database could not be opened.
    ///
    /// # Errors
    /// If the file or its folder cannot be written.
    pub async fn write(&self, app: Option<&App>) -> Result<()> {
        let reading = match app {
            Some(app) => timeout(READING_MAX, system_status::read(app)).await.map_or_else(
                |_| Err("the database does not answer in time".to_owned()),
                |status| status.map(Arc::new).map_err(|failure| reasons(&failure)),
            ),
            None => Err("the database could not be opened".to_owned()),
        };
        // The file does not exist before the first run. If it cannot be read, the new values are still written.
        let previous = std::fs::read_to_string(&self.file).unwrap_or_default();
        let text = self.text(reading, &previous);
        replace(&self.file, &text)
            .map_err(|source| MetricsUnwritable { file: self.file.clone(), source }.into())
    }

    fn text(&self, reading: Reading, previous: &str) -> String {
        let is_read = reading.is_ok();
        let mut now = Registry::default();
        now.register_collector(Box::new(DatabaseMetrics {
            reading,
            pools: Vec::new(),
            usage: None,
        }));
        now.register(
            LAST_ATTEMPT,
            "When the last run by hand or by cron was started",
            ConstGauge::new(self.began_at.timestamp()),
        );
        let mut openmetrics = String::new();
        encode_registry(&mut openmetrics, &self.metrics.registry)
            .and_then(|()| encode_registry(&mut openmetrics, &now))
            .expect("a string takes everything");
        let mut text = in_text_format(&openmetrics, previous);
        if !is_read && let Some(line) = previous.lines().find(|line| line.starts_with(LAST_SUCCESS))
        {
            // The database cannot be read now.
            text.push_str(line);
            text.push('\n');
        }
        text
    }
}

/// The text format that the collector reads, with the counters of `previous` added.
fn in_text_format(openmetrics: &str, previous: &str) -> String {
    let types: HashMap<_, _> = openmetrics
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '))
        .collect();
    let before: HashMap<_, _> = previous
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.rsplit_once(' '))
        .collect();
    let mut text = String::new();
    let mut is_counted = false;
    for line in openmetrics.lines() {
        let line = match line.split(' ').collect::<Vec<_>>()[..] {
            ["#", word @ ("HELP" | "TYPE"), name, ..] => {
                let kind = types.get(name).copied().unwrap_or_default();
                is_counted = matches!(kind, "counter" | "histogram");
                let (suffix, kind) = match kind {
                    "counter" => ("_total", kind),
                    "info" => ("_info", "gauge"),
                    _ => ("", kind),
                };
                match word {
                    "TYPE" => format!("# TYPE {name}{suffix} {kind}"),
                    _ => line.replacen(name, &format!("{name}{suffix}"), 1),
                }
            }
            ["#", ..] => continue,
            _ => match line.rsplit_once(' ') {
                Some((sample, value)) if is_counted => {
                    format!("{sample} {}", sum(value, before.get(sample).copied()))
                }
                _ => line.to_owned(),
            },
        };
        text.push_str(&line);
        text.push('\n');
    }
    text
}

fn sum(value: &str, before: Option<&str>) -> String {
    let number =
        |text: &str| text.parse::<Decimal>().or_else(|_| Decimal::from_scientific(text)).ok();
    let sum =
        number(value).zip(before.and_then(number)).and_then(|(one, other)| one.checked_add(other));
    sum.map_or_else(|| value.to_owned(), |sum| sum.normalize().to_string())
}

/// Readers see the old file or the new one, never half of one.
fn replace(file: &Path, text: &str) -> std::io::Result<()> {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    // The collector reads files that end in .prom.
    name.push(format!(".{}", std::process::id()));
    let temporary = file.with_file_name(name);
    let written = File::create(&temporary).and_then(|mut new| {
        new.write_all(text.as_bytes())?;
        // The collector runs as another user.
        new.set_permissions(Permissions::from_mode(0o644))?;
        std::fs::rename(&temporary, file)
    });
    if written.is_err() {
        // There may be none.
        let _ = std::fs::remove_file(&temporary);
    }
    written
}

/// Counts for the file, and passes everything on to another observer.
struct Both {
    run: Arc<RunMetrics>,
    other: Arc<dyn Observer>,
}

impl Observer for Both {
    fn looked_at(&self, accounts: u64) {
        self.other.looked_at(accounts);
    }

    fn delivered(&self, notices: u64) {
        self.other.delivered(notices);
    }

    fn day_began(&self, day: Day) {
        self.other.day_began(day);
    }

    fn committed(&self, done: &RunCounts) {
        self.run.metrics.committed(done);
        self.other.committed(done);
    }

    fn pass_ended(&self, pass: Pass, took: Duration) {
        self.run.metrics.pass_ended(pass, took);
        self.other.pass_ended(pass, took);
    }
}

#[cfg(test)]
mod tests {
    use super::in_text_format;

    #[test]
    fn counters_go_on_from_the_file_and_gauges_do_not() {
        let openmetrics = "\
# HELP linerent_build Which version.
# TYPE linerent_build info
linerent_build_info{version=\"1\"} 1
# HELP linerent_renewals Periods charged by this process.
# TYPE linerent_renewals counter
linerent_renewals_total 20
# HELP linerent_pass_duration_seconds How long.
# TYPE linerent_pass_duration_seconds histogram
# UNIT linerent_pass_duration_seconds seconds
linerent_pass_duration_seconds_sum{pass=\"renew\"} 0.25
linerent_pass_duration_seconds_bucket{le=\"+Inf\",pass=\"renew\"} 1
# HELP linerent_reloads_open Open.
# TYPE linerent_reloads_open gauge
linerent_reloads_open 2
# EOF
";
        let first = in_text_format(openmetrics, "");
        let third = in_text_format(openmetrics, &in_text_format(openmetrics, &first));
        insta::assert_snapshot!(first, @r#"
        # HELP linerent_build_info Which version.
        # TYPE linerent_build_info gauge
        linerent_build_info{version="1"} 1
        # HELP linerent_renewals_total Periods charged by this process.
        # TYPE linerent_renewals_total counter
        linerent_renewals_total 20
        # HELP linerent_pass_duration_seconds How long.
        # TYPE linerent_pass_duration_seconds histogram
        linerent_pass_duration_seconds_sum{pass="renew"} 0.25
        linerent_pass_duration_seconds_bucket{le="+Inf",pass="renew"} 1
        # HELP linerent_reloads_open Open.
        # TYPE linerent_reloads_open gauge
        linerent_reloads_open 2
        "#);
        insta::assert_snapshot!(third, @r#"
        # HELP linerent_build_info Which version.
        # TYPE linerent_build_info gauge
        linerent_build_info{version="1"} 1
        # HELP linerent_renewals_total Periods charged by this process.
        # TYPE linerent_renewals_total counter
        linerent_renewals_total 60
        # HELP linerent_pass_duration_seconds How long.
        # TYPE linerent_pass_duration_seconds histogram
        linerent_pass_duration_seconds_sum{pass="renew"} 0.75
        linerent_pass_duration_seconds_bucket{le="+Inf",pass="renew"} 3
        # HELP linerent_reloads_open Open.
        # TYPE linerent_reloads_open gauge
        linerent_reloads_open 2
        "#);
    }
}
