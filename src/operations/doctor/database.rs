//! Checks that the database answers, belongs to this program, and can be written.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use chrono::{DateTime, TimeDelta, Utc};
use rustix::fs::statvfs;

use super::{Check, Findings, Opened, Remedy};
use crate::clock::Clock;
use crate::installation::InstallationKind;
use crate::operations::Settings;
use crate::operations::app::kind_of;
use crate::operations::databases::init::{sqlite_folder, sqlite_path};
use crate::store::Store;

const DATABASE: Check = Check::Database;

/// Returns the database if it can be used.
pub(super) async fn look(
    findings: &mut Findings,
    settings: &Settings,
    clock: &dyn Clock,
) -> Option<Opened> {
    let opened = match open(findings, settings, clock).await {
        Ok(opened) => Some(opened),
        Err(error) => {
            findings.failed(DATABASE, error, Remedy::CheckDatabaseUrl);
            findings.warn(
                DATABASE,
                "the clock, the runs and the notices could not be looked at",
                Remedy::RepairDatabase,
            );
            None
        }
    };
    if let Some(folder) = sqlite_folder(&settings.database_url) {
        look_at_disk(findings, if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
    }
    if let Some(file) = sqlite_path(&settings.database_url).filter(|_| opened.is_some()) {
        let beside = |ending| {
            let mut name = file.as_os_str().to_owned();
            name.push(ending);
            PathBuf::from(name)
        };
        findings.warn_if_open(DATABASE, ["", "-wal", "-shm"].map(beside));
    }
    opened
}

async fn open(findings: &mut Findings, settings: &Settings, clock: &dyn Clock) -> Result<Opened> {
    let store = Store::connect(&settings.database_url, settings.database_pool)
        .await
        .context("opening the database")?;
    findings.ok(DATABASE, format!("{} answers", store.engine().await?));
    look_at_server_clock(findings, &store, clock).await?;
    let kind = kind_of(&store).await?;
    let word = match kind {
        InstallationKind::Production => "a production database",
        InstallationKind::Sandbox { .. } => "a sandbox",
    };
    findings.ok(DATABASE, format!("{word}, schema up to date"));
    match store.try_to_write().await.context("not writable") {
        Ok(()) => findings.ok(DATABASE, "writable"),
        Err(error) => findings.failed(DATABASE, error, Remedy::CheckDatabaseRights),
    }
    Ok(Opened { store, kind })
}

/// A run needs this soon for its log: 32 MiB, and as much again while it is copied.
const FREE_MIN: u64 = 128 << 20;
const FREE_FEW: u64 = 1 << 30;

fn look_at_disk(findings: &mut Findings, folder: &Path) {
    let Ok(disk) = statvfs(folder) else { return };
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let finding = format!("{} free on the disk of {}", size(free), folder.display());
    match free {
        ..FREE_MIN => findings.wrong(DATABASE, finding, Remedy::MakeRoom),
        FREE_MIN..FREE_FEW => findings.warn(DATABASE, finding, Remedy::MakeRoomInTime),
        FREE_FEW.. => findings.ok(DATABASE, finding),
    }
}

fn size(bytes: u64) -> String {
    match (bytes >> 30, bytes >> 20) {
        (0, mib) => format!("{mib} MiB"),
        (gib, _) => format!("{gib} GiB"),
    }
}

/// The server's clock is not used for billing. But if the two clocks differ, one of them is wrong.
async fn look_at_server_clock(
    findings: &mut Findings,
    store: &Store,
    clock: &dyn Clock,
) -> Result<()> {
    let before = clock.now();
    let Some(theirs) = store.find_server_time().await? else { return Ok(()) };
    let difference = beyond(theirs, before, clock.now());
    if difference.abs() <= DIFFERENCE_MAX {
        findings.ok(DATABASE, "clock agrees with this machine's");
        return Ok(());
    }
    let word = if difference > TimeDelta::zero() { "ahead of" } else { "behind" };
    let amount = super::days::words(difference.abs());
    findings.warn(
        DATABASE,
        format!("clock is {amount} {word} this machine's"),
        Remedy::SetServerClock,
    );
    Ok(())
}

const DIFFERENCE_MAX: TimeDelta = TimeDelta::seconds(10);

/// How far `theirs` is outside of the interval between request and answer.
fn beyond(theirs: DateTime<Utc>, before: DateTime<Utc>, after: DateTime<Utc>) -> TimeDelta {
    theirs - theirs.clamp(before, after.max(before))
}

#[cfg(test)]
mod tests {
    use chrono::{TimeDelta, TimeZone as _, Utc};

    use super::{beyond, size};

    #[test]
    fn a_slow_answer_is_not_a_difference_of_clocks() {
        let at =
            |second| Utc.with_ymd_and_hms(2026, 1, 31, 12, 0, second).single().expect("a time");
        assert_eq!(beyond(at(5), at(0), at(20)), TimeDelta::zero());
        assert_eq!(beyond(at(50), at(0), at(20)), TimeDelta::seconds(30));
        assert_eq!(beyond(at(1), at(11), at(20)), TimeDelta::seconds(-10));
    }

    #[test]
    fn room_is_shown_in_whole_units() {
        assert_eq!([size(5 << 20), size(3 << 30), size(100)], ["5 MiB", "3 GiB", "0 MiB"]);
    }
}
