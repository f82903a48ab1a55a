//! `shortcode add`: puts one short code on sale.

use crate::operations::error::Result;
use crate::operations::lookup::number_of;
use crate::operations::{App, Refusal};
use crate::rental::{InventoryNumber, Number};
use crate::store::StoreError;

/// Takes the short code into the inventory and puts it on sale.
pub async fn add(app: &App, number: Number) -> Result<InventoryNumber> {
    refuse_unless_american(&number)?;
    let numbers = [number];
    refuse_if_known(app, &numbers).await?;
    let outcome = app.store.import_numbers(&numbers, &|_| {}).await;
    if matches!(outcome, Err(StoreError::Refused(_))) {
        // Another command may have added it a moment ago.
        refuse_if_known(app, &numbers).await?;
    }
    outcome?;
    number_of(app, &numbers[0].msisdn).await
}

/// The registry of the United States gives out codes of five and six digits, from 20000 on.
fn refuse_unless_american(number: &Number) -> Result<()> {
    let digits = number.msisdn.as_str();
    let is_american = (5..=6).contains(&digits.len()) && !digits.starts_with(['0', '1']);
    if number.country != "US" || is_american {
        return Ok(());
    }
    Err(Refusal::NotAnAmericanShortCode { msisdn: number.msisdn.clone() }.into())
}

async fn refuse_if_known(app: &App, numbers: &[Number]) -> Result<()> {
    match app.store.known_numbers(numbers).await?.first() {
        None => Ok(()),
        Some(known) => Err(Refusal::NumberExists { msisdn: known.clone() }.into()),
    }
}
