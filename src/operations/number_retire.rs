//! `number retire`: takes a number out of sale for good.

use anyhow::Result;

use super::views::InventoryView;
use super::{Desk, Refusal, number_show};
use crate::rental::{Msisdn, NumberStatus};
use crate::store::InventoryNumber;

/// The number, which can be taken out of sale now.
///
/// # Errors
/// Refuses a number that is rented or retired.
pub async fn find(desk: &Desk, msisdn: &str) -> Result<InventoryView> {
    Ok(InventoryView::from(&find_on_sale_or_held(desk, msisdn).await?))
}

/// Takes the number out of sale; a hold on it ends. Those who rent a shared one keep it.
///
/// # Errors
/// As [`find`].
pub async fn retire(desk: &Desk, msisdn: &str) -> Result<InventoryView> {
    let msisdn = find_on_sale_or_held(desk, msisdn).await?.number.msisdn;
    if !desk.store.retire_number(&msisdn).await? {
        // Somebody was faster.
        return Err(is_rented(&msisdn).into());
    }
    number_show::show(desk, msisdn.as_str()).await
}

async fn find_on_sale_or_held(desk: &Desk, msisdn: &str) -> Result<InventoryNumber> {
    let found = number_show::find(desk, msisdn).await?;
    let msisdn = &found.number.msisdn;
    match found.status {
        NumberStatus::Retired => Err(Refusal::new(format!("{msisdn} is retired already")).into()),
        NumberStatus::Rented(_) => Err(is_rented(msisdn).into()),
        NumberStatus::Available | NumberStatus::Held { .. } => Ok(found),
    }
}

fn is_rented(msisdn: &Msisdn) -> Refusal {
    Refusal::with_hint(
        format!("{msisdn} is rented"),
        format!("`linerent cancel {msisdn}` ends the rental"),
    )
}
