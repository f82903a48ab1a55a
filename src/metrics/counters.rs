//! Counters of this process since its start, for Prometheus.

use std::time::Duration;

use chrono::{DateTime, Utc};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use super::LoopName;
use crate::billing::Observer;
use crate::billing::delivery::Delivered;
use crate::run::{Pass, RunCounts};

/// The name of a label and its value.
type Label = [(&'static str, &'static str); 1];
type Durations = Family<Label, Histogram, fn() -> Histogram>;

pub(crate) struct Metrics {
    pub(crate) registry: Registry,
    renewals: Counter,
    past_due: Counter,
    releases: Counter,
    reloads: Family<Label, Counter>,
    notices: Family<Label, Counter>,
    passes: Durations,
    rounds: Durations,
    last_success: Family<Label, Gauge>,
    failures: Family<Label, Counter>,
    failures_in_a_row: Family<Label, Gauge>,
}

/// From an empty check to a run over millions of accounts.
const SECONDS: [f64; 12] =
    [0.005, 0.025, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 1_800.0, 3_600.0];

const REQUESTED: Label = [("outcome", "requested")];
const CAPTURED: Label = [("outcome", "captured")];
const DECLINED: Label = [("outcome", "declined")];
const SENT: Label = [("outcome", "sent")];
const DEFERRED: Label = [("outcome", "deferred")];
const FAILED: Label = [("outcome", "failed")];

impl Metrics {
    /// All start at zero, so that every counter has a value.
    pub(crate) fn new() -> Self {
        let durations = || Durations::new_with_constructor(|| Histogram::new(SECONDS));
        let metrics = Self {
            registry: Registry::with_prefix("linerent"),
            renewals: Counter::default(),
            past_due: Counter::default(),
            releases: Counter::default(),
            reloads: Family::default(),
            notices: Family::default(),
            passes: durations(),
            rounds: durations(),
            last_success: Family::default(),
            failures: Family::default(),
            failures_in_a_row: Family::default(),
        };
        for outcome in [REQUESTED, CAPTURED, DECLINED] {
            drop(metrics.reloads.get_or_create(&outcome));
        }
        for outcome in [SENT, DEFERRED, FAILED] {
            drop(metrics.notices.get_or_create(&outcome));
        }
        for pass in Pass::ALL {
            drop(metrics.passes.get_or_create(&[("pass", pass.as_str())]));
        }
        metrics.registered()
    }

    /// Adds the metrics of the daemon's loops.
    pub(crate) fn with_loops(mut self) -> Self {
        for name in LoopName::ALL.map(label_of) {
            drop(self.rounds.get_or_create(&name));
            drop(self.failures.get_or_create(&name));
            drop(self.failures_in_a_row.get_or_create(&name));
        }
        let seconds = || Unit::Seconds;
        let it = &mut self.registry;
        it.register_with_unit(
            "loop_duration",
            "How long the rounds of the daemon's loops took",
            seconds(),
            self.rounds.clone(),
        );
        it.register_with_unit(
            "loop_last_success_timestamp",
            "When the last successful round of a loop ended",
            seconds(),
            self.last_success.clone(),
        );
        it.register("loop_failures", "Failed rounds of the daemon's loops", self.failures.clone());
        it.register(
            "loop_consecutive_failures",
            "Consecutive failed rounds, up to now",
            self.failures_in_a_row.clone(),
        );
        self
    }

    fn registered(mut self) -> Self {
        let it = &mut self.registry;
        let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        it.register("build", "The version of linerent", version);
        it.register("renewals", "Periods charged by this process", self.renewals.clone());
        it.register(
            "past_due",
            "Subscriptions that became past due in this process",
            self.past_due.clone(),
        );
        it.register(
            "releases",
            "Subscriptions that this process released because they were unpaid",
            self.releases.clone(),
        );
        it.register("reloads", "Card charges by this process, by outcome", self.reloads.clone());
        it.register(
            "notices",
            "Notices that this process tried to send, by outcome",
            self.notices.clone(),
        );
        let seconds = || Unit::Seconds;
        it.register_with_unit(
            "pass_duration",
            "How long the passes of runs took in this process",
            seconds(),
            self.passes.clone(),
        );
        self
    }

    /// A round of a loop ended.
    pub(crate) fn round_ended(
        &self,
        name: LoopName,
        ended_at: DateTime<Utc>,
        took: Duration,
        is_healthy: bool,
    ) {
        let label = label_of(name);
        self.rounds.get_or_create(&label).observe(took.as_secs_f64());
        if is_healthy {
            self.last_success.get_or_create(&label).set(ended_at.timestamp());
            self.failures_in_a_row.get_or_create(&label).set(0);
        } else {
            self.failures.get_or_create(&label).inc();
            self.failures_in_a_row.get_or_create(&label).inc();
        }
    }

    /// A round of sending ended.
    pub(crate) fn delivered(&self, done: &Delivered) {
        self.notices.get_or_create(&SENT).inc_by(done.sent);
        self.notices.get_or_create(&DEFERRED).inc_by(done.deferred);
        self.notices.get_or_create(&FAILED).inc_by(done.failed);
    }
}

impl Observer for Metrics {
    fn committed(&self, done: &RunCounts) {
        self.renewals.inc_by(done.renewed);
        self.past_due.inc_by(done.past_due);
        self.releases.inc_by(done.released);
        self.reloads.get_or_create(&REQUESTED).inc_by(done.reloads.requested);
        self.reloads.get_or_create(&CAPTURED).inc_by(done.reloads.captured);
        self.reloads.get_or_create(&DECLINED).inc_by(done.reloads.declined);
    }

    fn pass_ended(&self, pass: Pass, took: Duration) {
        self.passes.get_or_create(&[("pass", pass.as_str())]).observe(took.as_secs_f64());
    }
}

fn label_of(name: LoopName) -> Label {
    [("loop", name.as_str())]
}
