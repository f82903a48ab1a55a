//! Whether `linerent run` can write its metrics where `metrics.textfile` says.

use std::path::Path;

use rustix::fs::{Access, access};

use super::Findings;
use crate::operations::Settings;

const METRICS: &str = "metrics";

pub(super) fn look(findings: &mut Findings, settings: &Settings) {
    let Some(file) = &settings.metrics_textfile else { return };
    let folder = file.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let shown = file.display();
    match access(folder, Access::WRITE_OK | Access::EXEC_OK) {
        Ok(()) if !file.is_dir() => {
            findings.ok(METRICS, format!("`linerent run` can write to {shown}"));
        }
        Ok(()) => findings.wrong(
            METRICS,
            format!("{shown} is a folder"),
            "set `metrics.textfile` to the path of a file",
        ),
        Err(error) => findings.wrong(
            METRICS,
            format!("`linerent run` cannot write to {shown}: {}", std::io::Error::from(error)),
            "create the folder, or allow the user of `linerent run` to write to it",
        ),
    }
}
