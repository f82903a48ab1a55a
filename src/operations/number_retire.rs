//! `number retire`: takes a number out of sale for good.

use anyhow::Result;

use super::views::InventoryView;
use super::{App, Refusal, number_show};
use crate::rental::{InventoryNumber, Msisdn, NumberStatus};

/// The number, which can be taken out of sale now.
///
/// # Errors
/// Refuses a number that is rented or retired.
pub async fn find(app: &App, msisdn: &str) -> Result<InventoryView> {
    Ok(InventoryView::from(&find_on_sale_or_held(app, msisdn).await?))
}

/// Takes the number out of sale; a hold on it ends. Those who rent a shared one keep it.
///
/// # Errors
/// As [`find`].
pub async fn retire(app: &App, msisdn: &str) -> Result<InventoryView> {
    let msisdn = find_on_sale_or_held(app, msisdn).await?.number.msisdn;
    if !app.store.retire_number(&msisdn).await? {
        // Somebody was faster.
        return Err(is_rented(&msisdn).into());
    }
    number_show::show(app, msisdn.as_str()).await
}

async fn find_on_sale_or_held(app: &App, msisdn: &str) -> Result<InventoryNumber> {
    let found = number_show::find(app, msisdn).await?;
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
