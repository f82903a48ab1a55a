//! Checks that runs by hand can write their metrics to the file of `metrics.textfile`.

use std::path::Path;

use rustix::fs::{Access, access};

use super::{Check, Findings, Message, Remedy};
use crate::operations::Settings;

const METRICS: Check = Check::Metrics;

pub(super) fn look(findings: &mut Findings, settings: &Settings) {
    let Some(file) = &settings.metrics_textfile else { return };
    let folder = file.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match access(folder, Access::WRITE_OK | Access::EXEC_OK) {
        Ok(()) if !file.is_dir() => {
            findings.ok(METRICS, Message::MetricsWritable(file.clone()));
        }
        Ok(()) => findings.wrong(
            METRICS,
            format!("{} is a folder", file.display()),
            Remedy::SetMetricsFile,
        ),
        Err(error) => findings.wrong(
            METRICS,
            Message::MetricsUnwritable(file.clone(), error.into()),
            Remedy::AllowMetricsFolder,
        ),
    }
}
