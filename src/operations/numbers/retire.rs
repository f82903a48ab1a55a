//! `number retire`: takes a number out of sale for good.

use crate::operations::error::Result;
use crate::operations::lookup::number_of;
use crate::operations::{App, Refusal};
use crate::rental::{InventoryNumber, Msisdn, NumberStatus};

/// The number, which must be available or on hold.
pub async fn find_retirable(app: &App, msisdn: &Msisdn) -> Result<InventoryNumber> {
    let found = number_of(app, msisdn).await?;
    let msisdn = found.number.msisdn.clone();
    match found.status {
        NumberStatus::Retired => Err(Refusal::NumberRetired { msisdn }.into()),
        NumberStatus::Rented(_) => Err(Refusal::NumberRented { msisdn }.into()),
        NumberStatus::Available | NumberStatus::Held { .. } => Ok(found),
    }
}

/// Takes the number out of sale and ends its hold. The renters of a shared number keep it.
pub async fn retire(app: &App, msisdn: &Msisdn) -> Result<InventoryNumber> {
    let msisdn = find_retirable(app, msisdn).await?.number.msisdn;
    if !app.store.retire_number(&msisdn).await? {
        // It was rented after it was read.
        return Err(Refusal::NumberRented { msisdn }.into());
    }
    number_of(app, &msisdn).await
}
