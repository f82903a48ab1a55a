//! `account statement`: the account's transfers.

use chrono::NaiveDate;

use crate::ids::AccountId;
use crate::ledger::Code;
use crate::operations::error::Result;
use crate::operations::pages::Pages;
use crate::operations::{App, Refusal};
use crate::statement::StatementLine;

/// The account's transfers from one date to another, both included, oldest first.
///
/// # Errors
/// Refuses an unknown account, and dates in the wrong order.
pub async fn pages(
    app: &App,
    account: AccountId,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
) -> Result<Pages<'_, StatementLine>> {
    app.account(account).await?;
    require_order(from, to)?;
    Ok(Pages::new(None, move |after: Option<i64>, count| async move {
        let after = after.unwrap_or_default();
        let (mut lines, last) = app.store.statement_after(account, from, to, after, count).await?;
        lines.iter_mut().for_each(remove_period_of_setup);
        Ok((lines, last))
    }))
}

/// As [`pages`], the whole list.
///
/// # Errors
/// As [`pages`].
pub async fn statement(
    app: &App,
    account: AccountId,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
) -> Result<Vec<StatementLine>> {
    pages(app, account, from, to).await?.all().await
}

/// A setup price is charged with the first period and pays for none.
pub(super) fn remove_period_of_setup(line: &mut StatementLine) {
    line.period = line.period.filter(|_| matches!(line.code, Code::Rental | Code::Reversal));
}

pub(super) fn require_order(from: Option<NaiveDate>, to: Option<NaiveDate>) -> Result<(), Refusal> {
    match (from, to) {
        (Some(from), Some(to)) if from > to => Err(Refusal::PeriodReversed { from, to }),
        _ => Ok(()),
    }
}
