//! `account notices`: which kinds of notices are switched off for an account.

use crate::account::Account;
use crate::change_log::ChangeLogEntry;
use crate::ids::AccountId;
use crate::notice::Kind;
use crate::operations::error::Result;
use crate::operations::{App, Refusal};
use crate::store::accounts::change_log::ChangeLogEntries;

/// Switches kinds of notices off and on for an account. Without any kinds, changes nothing.
///
/// # Errors
/// Refuses a change to a closed account, and kinds that cannot be switched off.
pub async fn set(app: &App, account: AccountId, off: &[Kind], on: &[Kind]) -> Result<Account> {
    let moment = app.moment();
    let account = app.account(account).await?;
    if let Some(kind) = off.iter().chain(on).find(|kind| !kind.is_optional()) {
        return Err(Refusal::NoticeKindRequired { kind: *kind }.into());
    }
    if let Some(both) = off.iter().find(|kind| on.contains(kind)) {
        return Err(Refusal::NoticeKindContradicted { kind: *both }.into());
    }
    let is_off = |kind: &Kind| {
        off.contains(kind) || (account.notices_off.contains(kind) && !on.contains(kind))
    };
    let wanted: Vec<_> = Kind::ALL.into_iter().filter(is_off).collect();
    if wanted != account.notices_off {
        app.open_account(account.id).await?;
        let entries = switched(&account.notices_off, &wanted);
        let change = ChangeLogEntries { account: account.id, moment, entries };
        app.store.set_notices_off(&change, &wanted, account.version).await?;
    }
    app.account(account.id).await
}

fn switched(off_before: &[Kind], off: &[Kind]) -> Vec<ChangeLogEntry> {
    let newly_off = off.iter().filter(|kind| !off_before.contains(kind));
    let newly_on = off_before.iter().filter(|kind| !off.contains(kind));
    let newly_off = newly_off.map(|kind| ChangeLogEntry::NoticeSwitchedOff(kind.to_string()));
    newly_off
        .chain(newly_on.map(|kind| ChangeLogEntry::NoticeSwitchedOn(kind.to_string())))
        .collect()
}
