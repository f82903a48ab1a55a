use std::process::ExitCode;

use crate::operations::App;
use crate::operations::account_refund::{self, Refunded};
use anyhow::Result;
use clap::Args;

use crate::cli::output::Screen;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  linerent account refund a0000001 12.50 --reference SEPA-2026-0042
  linerent account refund a0000001 --all --reference SEPA-2026-0042 --reason 'contract ended'
  linerent --json account refund a0000001 --all --reference SEPA-2026-0042")]
pub struct Refund {
    /// The account's key.
    key: String,
    /// What you paid back; not more than the balance, whatever the credit limit.
    #[arg(allow_hyphen_values = true, required_unless_present = "all")]
    amount: Option<String>,
    /// All that is left, as it stands when it is booked.
    #[arg(long, conflicts_with = "amount")]
    all: bool,
    /// Your own name for it, for example the bank's. The same one counts once.
    #[arg(long)]
    reference: String,
    /// What the customer will read.
    #[arg(long)]
    reason: Option<String>,
}

impl Refund {
    pub async fn run(self, app: &App, screen: Screen) -> Result<ExitCode> {
        let Self { key, amount, all: _, reference, reason } = self;
        let (amount, reason) = (amount.as_deref(), reason.as_deref());
        let refunded = account_refund::refund(app, &key, amount, &reference, reason).await?;
        screen.show(&refunded, in_words)?;
        Ok(ExitCode::SUCCESS)
    }
}

fn in_words(it: &Refunded) -> String {
    let Refunded { key, amount, balance, currency, booked } = it;
    let what =
        if *booked { "booked" } else { "booked before under this reference, nothing was done" };
    format!(
        "{what}: {amount} {currency} paid back to account {key}, which has {balance} {currency}"
    )
}
