//! `rent`: an account rents a number, from today on.

use chrono::NaiveDate;

use crate::account::Account;
use crate::billing::AccountWriter;
use crate::billing::reload_processor::NotFunded;
use crate::billing::settle::{self, SettleError};
use crate::clock::Moment;
use crate::ids::AccountId;
use crate::ledger::PostError;
use crate::operations::error::Result;
use crate::operations::lookup::number_of;
use crate::operations::settle_refusal::settle_refusal_for;
use crate::operations::{App, Refusal};
use crate::rental::{
    InventoryNumber, Msisdn, Number, NumberStatus, Subscription, SubscriptionFilter,
    SubscriptionRecord,
};
use crate::store::StoreError;

/// Rents the number: charges the setup price and the first period at once. If the balance does not
/// cover them and auto-reload is on, the account's card is charged first.
///
/// # Errors
/// Fails, without a refusal, if it is not known yet whether the card was charged.
pub async fn rent(app: &App, account: AccountId, msisdn: &Msisdn) -> Result<SubscriptionRecord> {
    let moment = app.billing_moment().await?;
    let account = app.open_account(account).await?;
    let mut found = number_of(app, msisdn).await?;
    refuse_unless_rentable(app, &account, &found, moment.on).await?;
    loop {
        let error = match rent_or_reload(app, &account, &[&found.number], moment).await {
            Ok(mut rented) => {
                let subscription = rented.pop().expect("one number is one subscription");
                return Ok(SubscriptionRecord { account: account.id, subscription });
            }
            Err(error) => error,
        };
        let is_of_the_number =
            matches!(error, SettleError::Store(StoreError::NumberTaken | StoreError::Refused(_)));
        if !is_of_the_number {
            return Err(settle_refusal_for(app, account.id, error).await);
        }
        // Another rental came first: the number's row says whose, or a key of the database refused. Or the number was
        // repriced, and is rented at the new price.
        let now = number_of(app, msisdn).await?;
        refuse_unless_rentable(app, &account, &now, moment.on).await?;
        if now == found {
            return Err(settle_refusal_for(app, account.id, error).await);
        }
        found = now;
    }
}

/// Rents all of `numbers` or none. If the balance is too low, charges the card for what is missing
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
                    // A reload may have been captured, although a later one was not.
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

/// A specific refusal if the number cannot be rented. The keys of the database decide in the end.
async fn refuse_unless_rentable(
    app: &App,
    account: &Account,
    found: &InventoryNumber,
    today: NaiveDate,
) -> Result<()> {
    let number = &found.number;
    let (account_id, msisdn) = (account.id, number.msisdn.clone());
    match found.status {
        NumberStatus::Rented(renter) if renter == account.id => {
            return Err(Refusal::AlreadyRented { account: account_id, msisdn }.into());
        }
        NumberStatus::Rented(_) | NumberStatus::Retired => {
            let status = found.status.as_str();
            return Err(Refusal::NumberNotOnSale { msisdn, status }.into());
        }
        NumberStatus::Held { account: last, until } if last != account.id && until > today => {
            return Err(Refusal::NumberHeldForAnother { msisdn, until }.into());
        }
        NumberStatus::Available | NumberStatus::Held { .. } => {}
    }
    let (currency, sold_in) = (account.balance.currency(), number.monthly_price.currency());
    if currency != sold_in {
        let account = account_id;
        return Err(Refusal::NumberCurrencyMismatch { msisdn, sold_in, account, currency }.into());
    }
    let filter = SubscriptionFilter::live_of(Some(account.id), Some(&msisdn));
    if app.store.subscriptions(&filter).await?.is_empty() {
        return Ok(());
    }
    Err(Refusal::AlreadyRented { account: account_id, msisdn }.into())
}
