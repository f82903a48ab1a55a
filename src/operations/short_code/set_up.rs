//! `shortcode setup-2fa`, `shortcode setup-alert`: what a short code is rented for.

use super::show::{RenterSetUps, show};
use super::{Change, change};
use crate::ids::AccountId;
use crate::operations::error::Result;
use crate::operations::{App, Refusal};
use crate::rental::Msisdn;
use linerent_short_codes::{Alert, ShortCodeProgram, TwoFactor};

/// Sets the account's short code up for signing in, and replaces an earlier such set-up. The values must
/// follow the rules of `TwoFactor::checked`.
pub async fn two_factor(
    app: &App,
    account: AccountId,
    code: &Msisdn,
    asked: TwoFactor,
) -> Result<RenterSetUps> {
    let checked = asked.validated().map_err(|errors| Refusal::ShortCodeSetUpInvalid { errors })?;
    write(app, account, code, &ShortCodeProgram::TwoFactor(checked)).await
}

/// Sets the account's short code up for alerts, and replaces an earlier such set-up. The values must follow
/// the rules of `Alert::checked`.
pub async fn alert(
    app: &App,
    account: AccountId,
    code: &Msisdn,
    asked: Alert,
) -> Result<RenterSetUps> {
    let checked = asked.validated().map_err(|errors| Refusal::ShortCodeSetUpInvalid { errors })?;
    write(app, account, code, &ShortCodeProgram::Alert(checked)).await
}

async fn write(
    app: &App,
    account: AccountId,
    code: &Msisdn,
    set_up: &ShortCodeProgram,
) -> Result<RenterSetUps> {
    change(app, account, code, Change::Write(set_up)).await?;
    show(app, account, code).await
}
