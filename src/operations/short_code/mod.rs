//! `shortcode`: short codes on sale, and what those who rent one have set up for it.
//!
//! A set-up belongs to a live subscription. To add one: its rules in the crate `linerent-short-codes`, its view
//! in [`views`].

pub mod add;
pub mod clear;
pub mod disclosure;
pub mod set_up;
pub mod show;
pub mod views;

use anyhow::Result;
use linerent_short_codes::{ProgramKind, ShortCodeProgram};

use super::{App, Refusal, number_show};
use crate::rental::{Msisdn, NumberType, SubscriptionFilter};
use crate::store::StoreError;
use crate::store::subscriptions::short_codes::Renter;

/// How often a change is tried again when another one of the account came first.
const ATTEMPTS_MAX: u32 = 20;

/// The account's live subscription to the short code.
///
/// # Errors
/// Refuses a number that is no short code, and an account that does not rent it.
async fn renter_of(app: &App, key: &str, code: &str) -> Result<(Msisdn, Renter)> {
    // The account first: what is read later cannot be older than its version.
    let account = app.open_account(super::account_id(key)?).await?;
    let number = number_show::find(app, code).await?.number;
    let msisdn = number.msisdn;
    if number.kind != NumberType::ShortCode {
        return Err(Refusal::with_hint(
            format!("{msisdn} is no short code but a {}", number.kind.as_str()),
            format!(
                "`linerent number search --country {} --type shortcode` shows the short codes on sale",
                number.country
            ),
        )
        .into());
    }
    let filter = SubscriptionFilter::live_of(Some(account.id), Some(&msisdn));
    let live = app.store.subscriptions(&filter).await?.pop();
    let Some(record) = live else {
        return Err(Refusal::with_hint(
            format!("account {} does not rent {msisdn}", account.id),
            format!("`linerent rent {} {msisdn}` rents it", account.id),
        )
        .into());
    };
    let ordinal = record.subscription.ordinal;
    Ok((msisdn, Renter { account: account.id, version: account.version, ordinal }))
}

/// What shall become of a set-up.
enum Change<'a> {
    Write(&'a ShortCodeProgram),
    Remove(ProgramKind),
}

/// Reads the renter and changes a set-up of its own, again where another change of the account came
/// first; says whether there was anything to change.
async fn change(app: &App, key: &str, code: &str, change: Change<'_>) -> Result<bool> {
    for _ in 0..ATTEMPTS_MAX {
        let (_, renter) = renter_of(app, key, code).await?;
        let outcome = match change {
            Change::Write(set_up) => app.store.write_set_up(&renter, set_up).await.map(|()| true),
            Change::Remove(kind) => app.store.remove_set_up(&renter, kind).await,
        };
        match outcome {
            Err(StoreError::Conflict) => {}
            outcome => return Ok(outcome?),
        }
    }
    Err(Refusal::ChangedConcurrently.into())
}
