//! `account statement --format pdf`: the statement that an accountant files.

use std::collections::BTreeSet;

use anyhow::Context as _;
use chrono::NaiveDate;
use linerent_pdf::Issuer;
use linerent_pdf::statement::{Row, Statement, StatementError};
use thiserror::Error;

use super::statement::{remove_period_of_setup, require_order};
use crate::ids::AccountId;
use crate::ledger::Code;
use crate::money::Money;
use crate::operations::App;
use crate::operations::error::Result;
use crate::statement::{StatementLine, StatementRead};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementPdf {
    pub pdf: Vec<u8>,
    pub pages: usize,
    /// The number of transactions.
    pub rows: usize,
    /// The characters that no font covers.
    pub missing_characters: BTreeSet<char>,
    /// Whether the statement names its issuer.
    pub has_issuer: bool,
}

/// Why a statement cannot be trusted, and is not rendered.
#[derive(Debug, Error)]
pub enum BrokenStatement {
    #[error("the statement does not add up: it ends with {closing}, but the account has {balance}")]
    WrongBalance { closing: Money, balance: Money },
    /// A transaction does not follow from the one before it.
    #[error("{0}")]
    WrongOrder(StatementError),
}

/// Renders an account's statement from one date to another, both included, as a PDF. The same ledger, clock and
/// configuration produce the same bytes.
pub async fn statement_pdf(
    app: &App,
    account: AccountId,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
) -> Result<StatementPdf> {
    let moment = app.moment();
    let account = app.account(account).await?;
    require_order(from, to)?;
    let currency = account.balance.currency();
    let read = app.store.statement_with_balances(account.id, currency, from, to).await?;
    let StatementRead { opening, lines, balance } = read;
    let closing_balance = lines.last().map_or(opening, |line| line.balance_after);
    // A statement without an end includes every transaction, so it ends with the balance of the account.
    if to.is_none() && closing_balance != balance {
        let error = BrokenStatement::WrongBalance { closing: closing_balance, balance };
        return Err(anyhow::Error::new(error).into());
    }
    let issuer = Issuer::clone(&app.settings.issuer);
    let (has_issuer, rows) = (!issuer.name.is_empty(), lines.len());
    let statement = Statement {
        issuer,
        account: account.id.to_string(),
        customer_name: account.name,
        customer_email: account.email,
        from,
        to: to.unwrap_or(moment.on),
        issued_on: moment.on,
        issued_at: moment.at,
        opening_balance: opening,
        rows: lines.into_iter().map(row).collect(),
        closing_balance,
        kinds: Code::ALL.map(Code::as_str).to_vec(),
    };
    let rendered = match statement.render() {
        Err(error @ StatementError::DoesNotAddUp { .. }) => {
            return Err(anyhow::Error::new(BrokenStatement::WrongOrder(error)).into());
        }
        result => result.context("rendering the statement")?,
    };
    Ok(StatementPdf {
        pdf: rendered.pdf,
        pages: rendered.pages,
        rows,
        missing_characters: rendered.missing_characters,
        has_issuer,
    })
}

fn row(mut line: StatementLine) -> Row {
    remove_period_of_setup(&mut line);
    Row {
        on: line.on,
        kind: line.code.as_str(),
        number: line.msisdn,
        period: line.period,
        amount: line.amount,
        balance: line.balance_after,
        reference: line.reference,
        reason: line.reason,
    }
}
