mod add;
mod clear;
mod disclosure;
mod set_ups;
mod setup_2fa;
mod setup_alert;
mod show;

use std::process::ExitCode;

use crate::operations::App;
use anyhow::Result;
use clap::Subcommand;

use crate::cli::output::Screen;

#[derive(Debug, Subcommand)]
pub enum Shortcode {
    /// Put a short code on sale.
    Add(add::Add),
    /// Set a rented short code up for signing in: one message with a code for each request.
    #[command(name = "setup-2fa")]
    SetupTwoFactor(setup_2fa::SetupTwoFactor),
    /// Set a rented short code up for alerts: a program that people opt in to.
    SetupAlert(setup_alert::SetupAlert),
    /// What an account has set its short code up for, and what each text costs.
    Show(show::Show),
    /// The text that an opt-in page has to show.
    Disclosure(disclosure::Disclosure),
    /// Take a set-up back; the rental goes on.
    Clear(clear::Clear),
}

impl Shortcode {
    pub async fn run(self, app: &App, screen: Screen) -> Result<ExitCode> {
        match self {
            Self::Add(command) => command.run(app, screen).await,
            Self::SetupTwoFactor(command) => command.run(app, screen).await,
            Self::SetupAlert(command) => command.run(app, screen).await,
            Self::Show(command) => command.run(app, screen).await,
            Self::Disclosure(command) => command.run(app, screen).await,
            Self::Clear(command) => command.run(app, screen).await,
        }
    }
}
