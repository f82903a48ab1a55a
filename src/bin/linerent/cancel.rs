use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use linerent::operations::Desk;
use linerent::operations::cancel::{self, CancelAt};

use crate::output::Screen;

#[derive(Debug, Args)]
pub struct Cancel {
    /// The number whose rental ends.
    msisdn: String,
    /// Whose rental, where many rent the number.
    #[arg(long, value_name = "KEY")]
    account: Option<String>,
    /// End it on the day it would renew instead of today.
    #[arg(long)]
    at_period_end: bool,
}

impl Cancel {
    pub async fn run(self, desk: &Desk, screen: Screen) -> Result<ExitCode> {
        let (key, at) = (
            self.account.as_deref(),
            if self.at_period_end { CancelAt::PeriodEnd } else { CancelAt::Once },
        );
        let rental = cancel::find(desk, &self.msisdn, key).await?;
        let when =
            if self.at_period_end { "at the end of its period" } else { "today, without refund" };
        screen
            .confirm(&format!("End the rental of {} by {} {when}?", self.msisdn, rental.account))?;
        let ended = cancel::cancel(desk, &self.msisdn, key, at).await?;
        screen.show(&ended, crate::subscription::one)?;
        Ok(ExitCode::SUCCESS)
    }
}
