//! `number retire`: takes a number out of sale for good.

use anyhow::Result;

use super::views::InventoryView;
use super::{Desk, Refusal, number_show};
use crate::rental::NumberStatus;

/// Takes the number out of sale; a hold on it ends. Those who rent a shared one keep it.
///
/// # Errors
/// Refuses a number that is rented or retired.
pub async fn retire(desk: &Desk, msisdn: &str) -> Result<InventoryView> {
    let found = number_show::find(desk, msisdn).await?;
    let msisdn = &found.number.msisdn;
    if found.status == NumberStatus::Retired {
        return Err(Refusal::new(format!("{msisdn} is retired already")).into());
    }
    if !desk.store.retire_number(msisdn).await? {
        return Err(Refusal::with_hint(
            format!("{msisdn} is rented"),
            format!("`linerent cancel {msisdn}` ends the rental"),
        )
        .into());
    }
    number_show::show(desk, msisdn.as_str()).await
}
