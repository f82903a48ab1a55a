//! `shortcode show`: the set-ups as they stand.

use anyhow::Result;
use linerent_short_codes::ProgramKind;

use super::renter_of;
use super::views::SetUpsView;
use crate::operations::{App, Refusal};

/// What the account has set its short code up for, and what each text comes to.
///
/// # Errors
/// Refuses a short code that the account does not rent.
pub async fn show(app: &App, key: &str, code: &str) -> Result<SetUpsView> {
    let (msisdn, renter) = renter_of(app, key, code).await?;
    let set_ups = app.store.set_ups(&renter).await?;
    Ok(SetUpsView::of(&msisdn, renter.account, &set_ups))
}

/// Where there is no set-up of the kind that was asked for.
pub(super) fn not_set_up(key: &str, code: &str, kind: ProgramKind) -> Refusal {
    Refusal::with_hint(
        format!("account {key} has not set {code} up for {kind}"),
        format!("`linerent shortcode setup-{kind}` sets it up"),
    )
}
