use std::process::ExitCode;

use crate::cli::views::subscriptions::SubscriptionView;
use crate::ids::AccountId;
use crate::operations::{App, rentals::list};
use crate::rental::{EndReason, SubscriptionStatus};
use anyhow::Result;
use chrono::NaiveDate;
use clap::Subcommand;

use crate::cli::output::{self, Screen, fields, or_blank};
use crate::cli::pages::Columns;
use crate::cli::parse::parsed_option;

#[derive(Debug, Subcommand)]
pub enum Subscription {
    /// List rentals, running and ended.
    #[command(after_help = r#"Examples:
  linerent subscription list --account a0000001
  linerent subscription list --due-by 2026-03-31"#)]
    List {
        /// Only this account.
        #[arg(long, value_name = "KEY")]
        account: Option<String>,
        /// Only this status.
        #[arg(long, value_parser = output::one_of(SubscriptionStatus::WORDS))]
        status: Option<String>,
        /// Only running rentals that renew on or before this date.
        #[arg(long, value_name = "DATE", value_parser = output::date_of)]
        due_by: Option<NaiveDate>,
    },
}

impl Subscription {
    pub async fn run(self, app: &App, screen: Screen) -> Result<ExitCode> {
        let Self::List { account, status, due_by } = self;
        let account: Option<AccountId> = parsed_option(account.as_deref())?;
        let status: Option<SubscriptionStatus> = parsed_option(status.as_deref())?;
        let pages = list::pages(app, account, status, due_by).await?;
        screen.show_pages(pages, &SUBSCRIPTIONS).await?;
        Ok(ExitCode::SUCCESS)
    }
}

pub fn one(it: &SubscriptionView) -> String {
    fields(&[
        ("number", it.number.clone()),
        ("account", it.account.clone()),
        ("started on", it.started_on.to_string()),
        (if it.ends_at_period_end { "ends on" } else { "renews on" }, or_blank(it.next_renewal_on)),
        ("monthly price", format!("{} {}", it.monthly_price, it.currency)),
        ("price to come", or_blank(price_to_come(it))),
        ("status", it.status.replace('_', " ")),
        ("past due since", or_blank(it.past_due_since)),
        ("ended on", or_blank(it.ended_on)),
        ("end reason", or_blank(it.end_reason)),
    ])
}

fn price_to_come(it: &SubscriptionView) -> Option<String> {
    let (price, on) = it.next_monthly_price.zip(it.next_monthly_price_on)?;
    Some(format!("{price} {} from {on} on", it.currency))
}

fn ended(on: NaiveDate, reason: &str) -> String {
    if reason == EndReason::Unfunded.as_str() {
        format!("released {on}")
    } else {
        format!("{reason} {on}")
    }
}

pub fn many(list: &[SubscriptionView]) -> String {
    SUBSCRIPTIONS.table(list)
}

const SUBSCRIPTIONS: Columns<SubscriptionView> = Columns {
    things: "subscriptions",
    heading: &["number", "account", "started on", "renews on", "monthly", "", "status"],
    right: &[4],
    row: |it| {
        let status = match (it.ended_on.zip(it.end_reason), it.past_due_since) {
            (Some((on, reason)), _) => ended(on, reason),
            (None, Some(since)) => format!("past due since {since}"),
            (None, None) if it.ends_at_period_end => "ends instead of renewing".to_owned(),
            (None, None) => match price_to_come(it) {
                Some(price) => format!("{}, {price}", it.status),
                None => it.status.to_owned(),
            },
        };
        vec![
            it.number.clone(),
            it.account.clone(),
            it.started_on.to_string(),
            or_blank(it.next_renewal_on),
            it.monthly_price.to_string(),
            it.currency.clone(),
            status,
        ]
    },
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ended_rental_is_shown_as_released_or_cancelled() {
        let on = NaiveDate::from_ymd_opt(2026, 2, 28).expect("a date");
        assert_eq!(ended(on, EndReason::Unfunded.as_str()), "released 2026-02-28");
        assert_eq!(ended(on, EndReason::Cancelled.as_str()), "cancelled 2026-02-28");
    }
}
