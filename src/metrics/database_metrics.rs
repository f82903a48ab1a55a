//! The metrics that are read for each request: from the database, the pools, and the system.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeGaugeValue, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;

use super::process_metrics::Usage;
use crate::operations::databases::system_status::SystemStatus;
use crate::run::RunStatus;
use crate::store::DatabaseStatus;
use crate::store::engine::pool::PoolUse;

/// The status of the system, or why it could not be read.
pub(crate) type Reading = Result<Arc<SystemStatus>, String>;

/// The metrics of this moment. An unknown value is left out, and never zero.
#[derive(Debug)]
pub(crate) struct DatabaseMetrics {
    pub(crate) reading: Reading,
    /// The pools of the daemon; a run reports none.
    pub(crate) pools: Vec<PoolUse>,
    pub(crate) usage: Option<Usage>,
}

impl Collector for DatabaseMetrics {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut page = Page { encoder };
        let is_up = i64::from(self.reading.is_ok());
        page.gauge("linerent_database_up", "Whether the database answers", Some(is_up))?;
        if let Ok(system_status) = &self.reading {
            page.system_status(system_status)?;
        }
        if !self.pools.is_empty() {
            page.pools(&self.pools)?;
        }
        match &self.usage {
            Some(usage) => page.usage(usage),
            None => Ok(()),
        }
    }
}

struct Page<'a> {
    encoder: DescriptorEncoder<'a>,
}

impl Page<'_> {
    fn system_status(&mut self, it: &Arc<SystemStatus>) -> fmt::Result {
        let last = it.last_run.as_ref();
        self.gauge(
            "linerent_run_last_success_timestamp_seconds",
            "When a run last ended",
            it.last_end_at.map(seconds),
        )?;
        self.gauge(
            "linerent_run_last_billing_date_timestamp_seconds",
            "Midnight, in UTC, of the billing date of the latest run",
            last.map(|run| midnight(run.on)),
        )?;
        self.gauge(
            "linerent_run_overdue_seconds",
            "How long a run has been due without having ended, 0 if none is due",
            Some(it.overdue().map_or(0, |overdue| overdue.num_seconds())),
        )?;
        self.gauge(
            "linerent_run_held",
            "Whether the releases of the latest run wait for approval",
            last.map(|run| i64::from(run.status == RunStatus::Held)),
        )?;
        self.gauge(
            "linerent_run_failed_accounts",
            "Accounts that the latest run could not bill",
            last.map(|run| run.failed_accounts),
        )?;
        self.database_status(&it.database)
    }

    fn database_status(&mut self, it: &DatabaseStatus) -> fmt::Result {
        let &DatabaseStatus { oldest_unbilled_on, open_reloads, ref notices } = it;
        self.gauge(
            "linerent_oldest_unbilled_due_date_timestamp_seconds",
            "Midnight, in UTC, of the oldest date on which something fell due that is not charged yet",
            oldest_unbilled_on.map(midnight),
        )?;
        self.gauge(
            "linerent_reloads_open",
            "Charges to cards whose outcome is not known yet",
            Some(open_reloads),
        )?;
        self.gauges(
            "linerent_notice_backlog",
            "Notices that were not sent, by state",
            "state",
            &[("pending", notices.pending), ("failed", notices.failed)],
        )?;
        self.gauge(
            "linerent_notice_oldest_pending_timestamp_seconds",
            "When the oldest notice that is still to be sent was queued",
            notices.oldest_pending_at.map(seconds),
        )
    }

    fn pools(&mut self, pools: &[PoolUse]) -> fmt::Result {
        let mut connections = self.encoder.encode_descriptor(
            "linerent_database_connections",
            "Connections to the database, by pool and state",
            None,
            MetricType::Gauge,
        )?;
        for pool in pools {
            for (state, count) in [("idle", pool.idle), ("in_use", pool.in_use)] {
                let labels = [("pool", pool.name), ("state", state)];
                ConstGauge::new(count).encode(connections.encode_family(&labels)?)?;
            }
        }
        let most: Vec<_> = pools.iter().map(|pool| (pool.name, pool.max)).collect();
        self.gauges(
            "linerent_database_connections_max",
            "Maximum number of connections to the database",
            "pool",
            &most,
        )
    }

    fn usage(&mut self, usage: &Usage) -> fmt::Result {
        self.gauge(
            "process_resident_memory_bytes",
            "Resident memory of this process",
            Some(usage.resident_bytes),
        )?;
        self.gauge(
            "process_start_time_seconds",
            "When this process was started",
            Some(seconds(usage.started_at)),
        )?;
        let mut cpu = self.encoder.encode_descriptor(
            "process_cpu_seconds",
            "CPU time of this process",
            None,
            MetricType::Counter,
        )?;
        cpu.encode_counter::<[(&str, &str); 0], _, u64>(&usage.cpu.as_secs_f64(), None)
    }

    /// A value, if it is known.
    fn gauge<V: EncodeGaugeValue>(
        &mut self,
        name: &str,
        help: &str,
        value: Option<V>,
    ) -> fmt::Result
    where
        ConstGauge<V>: prometheus_client::encoding::EncodeMetric,
    {
        let Some(value) = value else { return Ok(()) };
        let gauge = ConstGauge::new(value);
        gauge.encode(self.encoder.encode_descriptor(name, help, None, MetricType::Gauge)?)
    }

    /// One value with a label for each of `values`.
    fn gauges(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        values: &[(&str, u64)],
    ) -> fmt::Result {
        let mut encoder = self.encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for (value, count) in values {
            ConstGauge::new(*count).encode(encoder.encode_family(&[(label, *value)])?)?;
        }
        Ok(())
    }
}

fn seconds(at: DateTime<Utc>) -> i64 {
    at.timestamp()
}

fn midnight(date: NaiveDate) -> i64 {
    seconds(date.and_time(NaiveTime::MIN).and_utc())
}
