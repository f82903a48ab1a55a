use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use linerent::operations::Settings;

use crate::output::Screen;

#[derive(Debug, Args)]
pub struct Demo {}

impl Demo {
    pub async fn run(self, _settings: &Settings, _screen: Screen) -> Result<ExitCode> {
        Ok(ExitCode::SUCCESS)
    }
}
