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
    /// Configure a rented short code for two-factor authentication: one message with a PIN per request.
    #[command(name = "setup-2fa")]
    SetupTwoFactor(setup_2fa::SetupTwoFactor),
    /// Configure a rented short code for alerts: a program that people opt in to.
    SetupAlert(setup_alert::SetupAlert),
    /// Show the configuration of an account's short code, and the SMS that each text takes.
    Show(show::Show),
    /// Print the text that the opt-in page must show.
    Disclosure(disclosure::Disclosure),
    /// Remove a configuration; the rental continues.
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
