//! The resources that this process uses, from Linux (`proc(5)`).

use std::time::Duration;

use chrono::{DateTime, Utc};

/// The resources of this process.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    pub(crate) resident_bytes: u64,
    pub(crate) cpu: Duration,
    pub(crate) started_at: DateTime<Utc>,
}

/// The unit of `/proc/self/stat`: Linux always shows hundredths of a second.
const TICK: Duration = Duration::from_millis(10);

impl Usage {
    /// The present use; `None` if the system does not report it.
    pub(crate) fn read(started_at: DateTime<Utc>) -> Option<Self> {
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kib: u64 = resident.trim().trim_end_matches(" kB").parse().ok()?;
        let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
        // The name is in parentheses, and may contain any character.
        let (_, fields) = stat.rsplit_once(')')?;
        let mut times = fields.split_whitespace().skip(11).map(str::parse::<u32>);
        let (user, system) = (times.next()?.ok()?, times.next()?.ok()?);
        let ticks = user.saturating_add(system);
        Some(Self {
            resident_bytes: kib.saturating_mul(1_024),
            cpu: TICK.saturating_mul(ticks),
            started_at,
        })
    }
}
