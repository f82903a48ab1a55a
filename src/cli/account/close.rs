use std::process::ExitCode;

use crate::billing::close_account::EndRentals;
use crate::operations::accounts::close;
use crate::operations::{App, Refusal};
use anyhow::Result;
use clap::Args;

use crate::cli::output::{self, Screen};
use crate::cli::parse::parsed;
use crate::cli::views::closing::{ClosedView, ending, lines};
use crate::ids::AccountId;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  linerent account close a0000001                says what is left, or closes it
  linerent account close a0000001 --dry-run      shows what closing would end
  linerent account close a0000001 --yes          ends rentals and standing order, and closes it")]
pub struct Close {
    /// The account's key.
    key: String,
    /// Show what would end and what prevents closing, and change nothing.
    #[arg(long)]
    dry_run: bool,
}

impl Close {
    pub async fn run(self, app: &App, screen: Screen) -> Result<ExitCode> {
        let account = parsed(&self.key)?;
        if self.dry_run {
            let view = ClosedView::from(&close::preview(app, account).await?);
            screen.show(&view, would_end)?;
            return Ok(ExitCode::from(u8::from(!view.in_the_way.is_empty())));
        }
        let rest = if screen.yes || ask(app, account, screen).await? {
            EndRentals::Yes
        } else {
            EndRentals::No
        };
        let closed = ClosedView::from(&close::close(app, account, rest).await?);
        screen.show(&closed, ended)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Asks on a terminal whether to close the account, and returns whether to end what it still has.
async fn ask(app: &App, account: AccountId, screen: Screen) -> Result<bool> {
    if !Screen::has_person() {
        return Ok(false);
    }
    let obligations = close::preview(app, account).await?.obligations;
    if !obligations.can_close(EndRentals::Yes) {
        let obligations = Box::new(obligations);
        let refusal = Refusal::AccountHasObligations { account, obligations };
        return Err(refusal.into());
    }
    let left = lines(&ending(&obligations));
    if !left.is_empty() {
        output::note(&format!("account {account} has\n  {}", left.join("\n  ")));
    }
    let what = if left.is_empty() { "" } else { " and end that today, without refund" };
    screen.confirm(&format!("Close account {account}{what}?"))?;
    Ok(!left.is_empty())
}

fn ended(it: &ClosedView) -> String {
    let rentals = it.ended_rentals.iter().map(|it| format!("ended: the rental of {}", it.number));
    let order = it
        .ended_auto_reload
        .iter()
        .map(|it| format!("ended: the standing order on {}", it.payment_method));
    let mut lines: Vec<_> = rentals.chain(order).collect();
    lines.push(format!("closed: account {} ({})", it.account.key, it.account.name));
    lines.extend(waiting(it));
    lines.join("\n")
}

fn would_end(it: &ClosedView) -> String {
    let mut lines = Vec::new();
    for rental in &it.ended_rentals {
        let until = rental.next_renewal_on.map(|on| format!(", next renewal on {on}"));
        let paid = match rental.past_due_since {
            Some(since) => format!(", past due since {since}"),
            None => until.unwrap_or_default(),
        };
        lines.push(format!("would end: the rental of {}{paid}", rental.number));
    }
    if let Some(order) = &it.ended_auto_reload {
        lines.push(format!("would end: the standing order on {}", order.payment_method));
    }
    for held in &it.held_numbers {
        let (number, until) = (&held.number, held.held_until);
        lines.push(format!("could not be rented again: {number}, held until {until}"));
    }
    for obstacle in &it.in_the_way {
        lines.push(format!("stands in the way: {}", obstacle.text));
        lines.extend(obstacle.hint.iter().map(|hint| format!("  {hint}")));
    }
    if it.in_the_way.is_empty() {
        lines.push(format!("would be closed: account {} ({})", it.account.key, it.account.name));
    }
    lines.extend(waiting(it));
    lines.join("\n")
}

fn waiting(it: &ClosedView) -> Option<String> {
    let notices = output::counted(it.notices_pending, "notice");
    let verb = if it.notices_pending == 1 { "is" } else { "are" };
    (it.notices_pending > 0).then(|| format!("{notices} still to be sent {verb} sent all the same"))
}
