//! `account statement --format pdf`: the statement that an accountant files.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, bail};
use chrono::NaiveDate;

use super::App;
use super::statement::require_order;
use crate::ledger::Code;
use crate::paper::Issuer;
use crate::paper::statement::{Line, Statement};
use crate::statement::{StatementLine, StatementRead};

/// A statement on paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementPaper {
    /// The PDF.
    pub pdf: Vec<u8>,
    /// How many pages it has.
    pub pages: usize,
    /// How many lines were booked.
    pub lines: usize,
    /// Characters that could not be printed: a sign stands in their place.
    pub missing: BTreeSet<char>,
    /// Whether it says who issued it.
    pub has_issuer: bool,
}

/// The account's statement from one date to another, both included, as a PDF. The same ledger, clock and
/// configuration make the same bytes.
///
/// # Errors
/// Refuses an unknown account, and dates the wrong way round; fails where the ledger does not add up.
pub async fn paper(
    app: &App,
    key: &str,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
) -> Result<StatementPaper> {
    let account = app.account(super::account_id(key)?).await?;
    require_order(from, to)?;
    let currency = account.balance.currency();
    let read = app.store.statement_with_balances(account.id, currency, from, to).await?;
    let StatementRead { opening, lines, balance } = read;
    let closing = lines.last().map_or(opening, |line| line.balance_after);
    // Without an end the statement goes to this moment, and there the account knows its balance by itself.
    if to.is_none() && closing != balance {
        bail!(
            "the statement does not add up: it ends with {closing}, and the account has {balance}\nhint: `linerent audit` says what is wrong with the ledger"
        );
    }
    let moment = app.moment();
    let issuer = Issuer::clone(&app.settings.issuer);
    let (has_issuer, count) = (!issuer.name.is_empty(), lines.len());
    let statement = Statement {
        issuer,
        key: account.id.to_string(),
        name: account.name,
        email: account.email,
        from,
        to: to.unwrap_or(moment.on),
        on: moment.on,
        at: moment.at,
        opening,
        lines: lines.into_iter().map(line).collect(),
        closing,
    };
    let written = statement.write().context("writing the statement")?;
    Ok(StatementPaper {
        pdf: written.pdf,
        pages: written.pages,
        lines: count,
        missing: written.missing,
        has_issuer,
    })
}

fn line(line: StatementLine) -> Line {
    Line {
        on: line.on,
        code: line.code,
        number: line.msisdn,
        // A setup price pays for no days.
        period: line.period.filter(|_| line.code == Code::Rental),
        amount: line.amount,
        balance: line.balance_after,
        reference: line.reference,
        reason: line.reason,
    }
}
