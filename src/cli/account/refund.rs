use std::process::ExitCode;

use crate::operations::App;
use crate::operations::accounts::refund;
use anyhow::Result;
use clap::Args;

use crate::cli::output::Screen;
use crate::cli::parse::parsed;
use crate::cli::views::booking::RefundedView;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  linerent account refund a0000001 12.50 --reference SEPA-2026-0042
  linerent account refund a0000001 --all --reference SEPA-2026-0042 --reason 'contract ended'
  linerent --json account refund a0000001 --all --reference SEPA-2026-0042")]
pub struct Refund {
    /// The account's key.
    key: String,
    /// The amount that you paid back; at most the balance, without the credit limit.
    #[arg(allow_hyphen_values = true, required_unless_present = "all")]
    amount: Option<String>,
    /// The whole balance.
    #[arg(long, conflicts_with = "amount")]
    all: bool,
    /// Your reference, for example the bank's. The same reference is booked once.
    #[arg(long)]
    reference: String,
    /// The reason, as the customer will read it.
    #[arg(long)]
    reason: Option<String>,
}

impl Refund {
    pub async fn run(self, app: &App, screen: Screen) -> Result<ExitCode> {
        let Self { key, amount, all: _, reference, reason } = self;
        let account = parsed(&key)?;
        let amount = amount.as_deref().map(parsed).transpose()?;
        let refunded = refund::refund(app, account, amount, &reference, reason.as_deref()).await?;
        screen.show(&RefundedView::from(&refunded), in_words)?;
        Ok(ExitCode::SUCCESS)
    }
}

fn in_words(it: &RefundedView) -> String {
    let RefundedView { key, amount, balance, currency, booked } = it;
    let what =
        if *booked { "booked" } else { "already booked under this reference, nothing was changed" };
    format!(
        "{what}: {amount} {currency} paid back to account {key}, which has {balance} {currency}"
    )
}
