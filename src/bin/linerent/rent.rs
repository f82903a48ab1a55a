use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use linerent::operations::{Desk, rent};

use crate::output::Screen;

#[derive(Debug, Args)]
pub struct Rent {
    /// The account's key.
    key: String,
    /// The number to rent.
    msisdn: String,
}

impl Rent {
    pub async fn run(self, desk: &Desk, screen: Screen) -> Result<ExitCode> {
        screen.show(&rent::rent(desk, &self.key, &self.msisdn).await?, crate::subscription::one)?;
        Ok(ExitCode::SUCCESS)
    }
}
