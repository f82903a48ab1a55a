//! `account close`: closes an account, or shows what closing it would end.

use chrono::NaiveDate;

use crate::account::Account;
use crate::billing::close_account::{self, CloseError, EndRentals, Obligations};
use crate::ids::AccountId;
use crate::operations::error::Result;
use crate::operations::settle_refusal::settle_refusal_for;
use crate::operations::{App, Refusal};

/// An account that was closed, or that can be closed.
#[derive(Debug, Clone)]
pub struct Closing {
    pub account: Account,
    /// What ended with the account or, if it is open, what it still has.
    pub obligations: Obligations,
    /// The day on which it was closed.
    pub closed_on: Option<NaiveDate>,
    /// Notices that are still to be sent, whether or not the account is closed.
    pub notices_pending: u64,
}

/// Closes the account. Either everything that `rest` allows to end is ended, or nothing changes.
///
/// # Errors
/// Refuses if the account has obligations that do not end; the refusal lists all of them.
pub async fn close(app: &App, account: AccountId, rest: EndRentals) -> Result<Closing> {
    let moment = app.billing_moment().await?;
    app.open_account(account).await?;
    match close_account::close(&app.account_writer(moment), account, rest).await {
        Ok(ended) => closing(app, account, ended, Some(moment.on)).await,
        Err(CloseError::Left(left)) => {
            Err(Refusal::AccountHasObligations { account, obligations: left }.into())
        }
        Err(CloseError::Settle(error)) => Err(settle_refusal_for(app, account, error).await),
    }
}

/// What closing the account would end, and what prevents it.
pub async fn preview(app: &App, account: AccountId) -> Result<Closing> {
    let moment = app.moment();
    app.open_account(account).await?;
    match close_account::obligations(&app.account_writer(moment), account).await {
        Ok(left) => closing(app, account, left, None).await,
        Err(error) => Err(settle_refusal_for(app, account, error).await),
    }
}

async fn closing(
    app: &App,
    account: AccountId,
    obligations: Obligations,
    closed_on: Option<NaiveDate>,
) -> Result<Closing> {
    let notices_pending = app.store.count_pending_notices(account).await?;
    let account = app.account(account).await?;
    Ok(Closing { account, obligations, closed_on, notices_pending })
}
