//! `shortcode clear`: removes a set-up.

use super::show::{RenterSetUps, show};
use super::{Change, change};
use crate::ids::AccountId;
use crate::operations::error::Result;
use crate::operations::{App, Refusal};
use crate::rental::Msisdn;
use linerent_short_codes::ProgramKind;

/// Removes the set-up of this kind. The rental goes on.
pub async fn clear(
    app: &App,
    account: AccountId,
    code: &Msisdn,
    kind: ProgramKind,
) -> Result<RenterSetUps> {
    let was_there = change(app, account, code, Change::Remove(kind)).await?;
    if !was_there {
        let msisdn = code.clone();
        return Err(Refusal::ShortCodeNotSetUp { account, msisdn, kind: Some(kind) }.into());
    }
    show(app, account, code).await
}
