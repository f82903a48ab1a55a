//! `rent`: an account rents a number, from today on.

use anyhow::Result;
use chrono::NaiveDate;

use super::refusal::settle_refusal_for;
use super::views::SubscriptionView;
use super::{App, Refusal, number_show};
use crate::account::Account;
use crate::billing::AccountWriter;
use crate::billing::reload_processor::NotFunded;
use crate::billing::settle::{self, SettleError};
use crate::clock::Moment;
use crate::ledger::PostError;
use crate::rental::{
    InventoryNumber, Number, NumberStatus, Subscription, SubscriptionFilter, SubscriptionRecord,
};
use crate::store::StoreError;

/// Rents the number: charges the setup price and the first period at once. Where the balance does
/// not cover them, the account's card is charged first, if it has a standing order.
///
/// # Errors
/// Refuses what is not to be had by this account, or not with its balance and card; fails where
/// nobody knows yet whether the card was charged.
pub async fn rent(app: &App, key: &str, msisdn: &str) -> Result<SubscriptionView> {
    let moment = app.moment();
    let account = app.open_account(super::account_id(key)?).await?;
    let found = number_show::find(app, msisdn).await?;
    refuse_unless_to_be_had(app, &account, &found, moment.on).await?;
    match rent_or_reload(app, &account, &[&found.number], moment).await {
        Ok(mut rented) => {
            let subscription = rented.pop().expect("one number is one subscription");
            Ok(SubscriptionView::from(&SubscriptionRecord { account: account.id, subscription }))
        }
        // Somebody else came first: the number's row says who, or a key of the database refused.
        Err(error @ SettleError::Store(StoreError::NumberTaken | StoreError::Refused(_))) => {
            let now = number_show::find(app, msisdn).await?;
            refuse_unless_to_be_had(app, &account, &now, moment.on).await?;
            Err(settle_refusal_for(app, account.id, error).await.into())
        }
        Err(error) => Err(settle_refusal_for(app, account.id, error).await.into()),
    }
}

/// Rents all of `numbers` or none; where the balance falls short, asks the card for what is missing
/// and tries again.
pub(super) async fn rent_or_reload(
    app: &App,
    account: &Account,
    numbers: &[&Number],
    moment: Moment,
) -> Result<Vec<Subscription>, SettleError> {
    let (reload_processor, writer) = (app.reload_processor(moment), app.account_writer(moment));
    loop {
        match settle::rent(&writer, account.id, numbers).await {
            Err(SettleError::Refused(PostError::Overdraft { needed, .. })) => {
                match reload_processor.raise_funds(account.id, needed).await? {
                    Ok(()) => {}
                    // A reload may have come in all the same, and only what followed it not.
                    Err(not_funded) => {
                        return last_try(&writer, account, numbers, not_funded).await;
                    }
                }
            }
            outcome => return outcome,
        }
    }
}

async fn last_try(
    writer: &AccountWriter,
    account: &Account,
    numbers: &[&Number],
    not_funded: NotFunded,
) -> Result<Vec<Subscription>, SettleError> {
    match settle::rent(writer, account.id, numbers).await {
        Err(SettleError::Refused(short @ PostError::Overdraft { .. })) => {
            Err(SettleError::NotFunded { short, not_funded })
        }
        outcome => outcome,
    }
}

/// Says why in words where the number is not to be had; the database has the last word.
async fn refuse_unless_to_be_had(
    app: &App,
    account: &Account,
    found: &InventoryNumber,
    today: NaiveDate,
) -> Result<()> {
    let number = &found.number;
    let msisdn = &number.msisdn;
    let refuse = |why: String| {
        Err(Refusal::with_hint(why, "`linerent number search` shows what is on sale").into())
    };
    match &found.status {
        NumberStatus::Rented(renter) if *renter == account.id => {
            return refuse(format!("account {} rents {msisdn} already", account.id));
        }
        NumberStatus::Rented(_) => return refuse(format!("{msisdn} is rented")),
        NumberStatus::Held { account: last, until } if *last != account.id && *until > today => {
            return refuse(format!("{msisdn} is held for its last renter until {until}"));
        }
        NumberStatus::Retired => return refuse(format!("{msisdn} is retired")),
        NumberStatus::Available | NumberStatus::Held { .. } => {}
    }
    let (theirs, asked) = (account.balance.currency(), number.monthly_price.currency());
    if theirs != asked {
        return refuse(format!(
            "{msisdn} is sold in {}, and account {} pays in {}",
            asked.code(),
            account.id,
            theirs.code()
        ));
    }
    let filter = SubscriptionFilter::live_of(Some(account.id), Some(msisdn));
    if app.store.subscriptions(&filter).await?.is_empty() {
        return Ok(());
    }
    refuse(format!("account {} rents {msisdn} already", account.id))
}
