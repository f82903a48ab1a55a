//! `shortcode clear`: takes a set-up back.

use anyhow::Result;
use linerent_short_codes::ProgramKind;

use super::show::{not_set_up, show};
use super::views::SetUpsView;
use super::{Change, change};
use crate::operations::{App, refused};

/// Takes the set-up of this kind back; the rental goes on.
///
/// # Errors
/// Refuses a kind that is none or not set up, and a short code that the account does not rent.
pub async fn clear(app: &App, key: &str, code: &str, kind: &str) -> Result<SetUpsView> {
    let kind: ProgramKind = kind.parse().map_err(refused)?;
    let was_there = change(app, key, code, Change::Remove(kind)).await?;
    if !was_there {
        return Err(not_set_up(key, code, kind).into());
    }
    show(app, key, code).await
}
