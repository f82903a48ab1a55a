//! `shortcode setup-2fa`, `shortcode setup-alert`: what a short code is rented for.

use anyhow::Result;
use linerent_short_codes::{Alert, ShortCodeProgram, TwoFactor};

use super::show::show;
use super::views::SetUpsView;
use super::{Change, change};
use crate::operations::{App, refused};

/// Sets the account's short code up for signing in, in place of an earlier such set-up.
///
/// # Errors
/// Refuses what breaks the rules of [`TwoFactor::validated`], and a short code that the account does
/// not rent.
pub async fn two_factor(app: &App, key: &str, code: &str, asked: TwoFactor) -> Result<SetUpsView> {
    write(app, key, code, &ShortCodeProgram::TwoFactor(asked.validated().map_err(refused)?)).await
}

/// Sets the account's short code up for alerts, in place of an earlier such set-up.
///
/// # Errors
/// Refuses what breaks the rules of [`Alert::validated`], and a short code that the account does not
/// rent.
pub async fn alert(app: &App, key: &str, code: &str, asked: Alert) -> Result<SetUpsView> {
    write(app, key, code, &ShortCodeProgram::Alert(asked.validated().map_err(refused)?)).await
}

async fn write(app: &App, key: &str, code: &str, set_up: &ShortCodeProgram) -> Result<SetUpsView> {
    change(app, key, code, Change::Write(set_up)).await?;
    show(app, key, code).await
}
