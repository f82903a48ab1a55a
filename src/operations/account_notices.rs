//! `account notices`: which kinds of notices an account does without.

use anyhow::Result;

use super::views::AccountView;
use super::{App, Refusal, refused};
use crate::change_log::ChangeLogEntry;
use crate::notice::Kind;
use crate::store::accounts::change_log::ChangeLogEntries;

/// Switches kinds of notices off and on for an account; with neither, says how it is.
///
/// # Errors
/// Refuses a change for a closed account, what is no kind, and kinds that no account may do without.
pub async fn set(app: &App, key: &str, off: &[String], on: &[String]) -> Result<AccountView> {
    let moment = app.moment();
    let account = app.account(super::account_id(key)?).await?;
    let off = off.iter().map(|word| kind_of(word)).collect::<Result<Vec<_>>>()?;
    let on = on.iter().map(|word| kind_of(word)).collect::<Result<Vec<_>>>()?;
    if let Some(both) = off.iter().find(|kind| on.contains(kind)) {
        return Err(Refusal::new(format!("{both} cannot be switched off and on at once")).into());
    }
    let is_off = |kind: &Kind| {
        off.contains(kind) || (account.notices_off.contains(kind) && !on.contains(kind))
    };
    let wanted: Vec<_> = Kind::ALL.into_iter().filter(is_off).collect();
    if wanted != account.notices_off {
        app.open_account(super::account_id(key)?).await?;
        let entries = switched(&account.notices_off, &wanted);
        let change = ChangeLogEntries { account: account.id, moment, entries };
        let written = app.store.set_notices_off(&change, &wanted, account.version).await;
        written.map_err(super::Error::from)?;
    }
    Ok(AccountView::from(&app.account(super::account_id(key)?).await?))
}

fn switched(off_before: &[Kind], off: &[Kind]) -> Vec<ChangeLogEntry> {
    let newly_off = off.iter().filter(|kind| !off_before.contains(kind));
    let newly_on = off_before.iter().filter(|kind| !off.contains(kind));
    let newly_off = newly_off.map(|kind| ChangeLogEntry::NoticeSwitchedOff(kind.to_string()));
    newly_off
        .chain(newly_on.map(|kind| ChangeLogEntry::NoticeSwitchedOn(kind.to_string())))
        .collect()
}

fn kind_of(word: &str) -> Result<Kind> {
    let kind: Kind = word.parse().map_err(refused)?;
    if kind.is_optional() {
        return Ok(kind);
    }
    let optional: Vec<_> =
        Kind::ALL.into_iter().filter(|it| it.is_optional()).map(Kind::as_str).collect();
    Err(Refusal::with_hint(
        format!("{kind} is a notice that no account can do without"),
        format!("those that it can are {}", optional.join(", ")),
    )
    .into())
}
