//! `shortcode`: short codes on sale, and what their renters have set up for them.
//!
//! A set-up belongs to a live subscription. To add one: its rules in [`linerent_short_codes`], its view in
//! `cli::views::short_codes`.

pub mod add;
pub mod clear;
pub mod disclosure;
pub mod set_up;
pub mod show;

use super::error::Result;
use super::lookup::number_of;
use super::{App, Refusal};
use crate::billing::until_written;
use crate::ids::AccountId;
use crate::rental::{Msisdn, NumberType, SubscriptionFilter};
use crate::store::subscriptions::short_codes::Renter;
use linerent_short_codes::{ProgramKind, ShortCodeProgram};

/// The account's live subscription to the short code.
async fn renter_of(app: &App, account: AccountId, code: &Msisdn) -> Result<Renter> {
    // The account is read first, so that what is read later cannot be older than its version.
    let account = app.open_account(account).await?;
    let number = number_of(app, code).await?.number;
    if number.kind != NumberType::ShortCode {
        let (msisdn, kind, country) = (number.msisdn, number.kind, number.country);
        return Err(Refusal::NotAShortCode { msisdn, kind, country }.into());
    }
    let filter = SubscriptionFilter::live_of(Some(account.id), Some(&number.msisdn));
    let live = app.store.subscriptions(&filter).await?.pop();
    let Some(record) = live else {
        let (account, msisdn) = (account.id, number.msisdn);
        return Err(Refusal::ShortCodeNotRented { account, msisdn }.into());
    };
    let ordinal = record.subscription.ordinal;
    Ok(Renter { account: account.id, version: account.version, ordinal })
}

/// What is done to a set-up.
enum Change<'a> {
    Write(&'a ShortCodeProgram),
    Remove(ProgramKind),
}

/// Changes a set-up of the renter, again if another change of the account comes first. False if there
/// was nothing to remove.
async fn change(app: &App, account: AccountId, code: &Msisdn, change: Change<'_>) -> Result<bool> {
    until_written(|| async {
        let renter = renter_of(app, account, code).await?;
        Ok(match change {
            Change::Write(set_up) => app.store.write_set_up(&renter, set_up).await.map(|()| true),
            Change::Remove(kind) => app.store.remove_set_up(&renter, kind).await,
        })
    })
    .await
}
