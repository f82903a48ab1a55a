//! `shortcode show`: the set-ups as they stand.

use super::renter_of;
use crate::ids::AccountId;
use crate::operations::App;
use crate::operations::error::Result;
use crate::rental::Msisdn;
use linerent_short_codes::ShortCodeProgram;

/// What an account has set its short code up for.
#[derive(Debug, Clone)]
pub struct RenterSetUps {
    pub account: AccountId,
    pub code: Msisdn,
    pub set_ups: Vec<ShortCodeProgram>,
}

pub async fn show(app: &App, account: AccountId, code: &Msisdn) -> Result<RenterSetUps> {
    let renter = renter_of(app, account, code).await?;
    let set_ups = app.store.set_ups(&renter).await?;
    Ok(RenterSetUps { account, code: code.clone(), set_ups })
}
