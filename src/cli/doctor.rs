use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use crate::clock::{Clock, SystemClock};
use crate::config;
use crate::operations::doctor;
use anyhow::Result;
use clap::Args;

use crate::cli::output::{Screen, counted};
use crate::cli::views::findings::{FindingView, State};

#[derive(Debug, Args)]
#[command(after_help = r#"Examples:
  linerent doctor
  linerent --json doctor"#)]
pub struct Doctor {}

impl Doctor {
    /// Settings that cannot be read are a finding too.
    pub async fn run(
        self,
        file: Option<&Path>,
        database_url: Option<&str>,
        screen: Screen,
    ) -> Result<ExitCode> {
        let findings = match config::load(file, database_url) {
            Ok(loaded) => {
                let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
                let examined = doctor::examine(&loaded.settings, &clock).await;
                let mut findings = FindingView::of_configuration(&loaded.sources);
                findings.extend(examined.iter().map(FindingView::from));
                findings
            }
            Err(error) => FindingView::of_misconfiguration(&error),
        };
        screen.show(&findings, |findings| people(findings))?;
        let is_wrong = findings.iter().any(|it| it.state == State::Wrong);
        Ok(ExitCode::from(if is_wrong { 2 } else { 0 }))
    }
}

fn people(findings: &[FindingView]) -> String {
    let mut lines: Vec<_> = findings.iter().map(one).collect();
    let count = |state| findings.iter().filter(|it| it.state == state).count() as u64;
    let verdict = match (count(State::Wrong), count(State::Warning)) {
        (0, 0) => "no problems found".to_owned(),
        (0, warnings) => counted(warnings, "warning"),
        (wrong, warnings) => format!("{wrong} wrong, {}", counted(warnings, "warning")),
    };
    lines.push(format!("\n{verdict}"));
    lines.join("\n")
}

/// A finding, and below it what to do.
fn one(it: &FindingView) -> String {
    let line = format!("{:8} {:14} {}", it.state.as_str(), it.about, it.finding);
    match &it.remedy {
        Some(remedy) => format!("{line}\n{:23} hint: {remedy}", ""),
        None => line,
    }
}
