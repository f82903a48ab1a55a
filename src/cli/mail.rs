use std::process::ExitCode;

use crate::operations::{App, mail_test};
use anyhow::Result;
use clap::Subcommand;

use crate::cli::output::Screen;
use crate::cli::refusals::CommandRefusal;
use crate::cli::views::mail::MailTestView;
use crate::mail::mailbox_of;

#[derive(Debug, Subcommand)]
pub enum Mail {
    /// Send one mail with the configured transport, and print the server's answer.
    #[command(after_help = r#"Examples:
  linerent mail test --to ada@example.com"#)]
    Test {
        /// The recipient.
        #[arg(long, value_name = "ADDRESS")]
        to: String,
    },
}

impl Mail {
    pub async fn run(self, app: &App, screen: Screen) -> Result<ExitCode> {
        let Self::Test { to } = self;
        let to = mailbox_of(&to).map_err(CommandRefusal::invalid)?;
        let tested = MailTestView::from(mail_test::send(app, &to).await?);
        screen.show(&tested, |it| {
            format!(
                "a mail to {} was accepted by the transport `{}`: {}",
                it.to, it.transport, it.answer
            )
        })?;
        Ok(ExitCode::SUCCESS)
    }
}
