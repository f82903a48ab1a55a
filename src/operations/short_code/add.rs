//! `shortcode add`: puts one short code on sale.

use anyhow::Result;

use crate::operations::number_import::{Line, number_of};
use crate::operations::views::InventoryView;
use crate::operations::{App, Refusal, number_show};
use crate::rental::{Number, NumberType};
use crate::store::StoreError;

/// A short code to be, in the words of the operator.
#[derive(Debug, Clone)]
pub struct ShortCodeAdd {
    /// Its digits.
    pub code: String,
    /// ISO 3166, two letters.
    pub country: String,
    /// What a period costs.
    pub monthly_price: String,
    /// What renting it costs once.
    pub setup_price: String,
    /// ISO 4217.
    pub currency: String,
    /// In one list.
    pub features: String,
    /// Whether many accounts may rent it at once.
    pub is_shared: bool,
}

/// Takes the short code into the inventory and puts it on sale.
///
/// # Errors
/// Refuses malformed values, all of them at once, and a number that the inventory has already.
pub async fn add(app: &App, asked: ShortCodeAdd) -> Result<InventoryView> {
    let number = number_of(line_of(asked))
        .and_then(check_american)
        .map_err(|faults| Refusal::new(format!("nothing was added: {faults}")))?;
    let numbers = [number];
    refuse_if_known(app, &numbers).await?;
    let outcome = app.store.import_numbers(&numbers, &|_| {}).await;
    if matches!(outcome, Err(StoreError::Refused(_))) {
        // Another may have added it a moment ago.
        refuse_if_known(app, &numbers).await?;
    }
    outcome?;
    number_show::show(app, numbers[0].msisdn.as_str()).await
}

fn line_of(asked: ShortCodeAdd) -> Line {
    Line {
        msisdn: asked.code,
        country: asked.country,
        r#type: NumberType::ShortCode.as_str().to_owned(),
        features: asked.features,
        monthly_price: asked.monthly_price,
        setup_price: asked.setup_price,
        currency: asked.currency,
        shared: asked.is_shared.then(|| "true".to_owned()),
    }
}

/// The registry of the United States gives out codes of five and six digits, from 20000 on.
fn check_american(number: Number) -> Result<Number, String> {
    let digits = number.msisdn.as_str();
    let is_one = (5..=6).contains(&digits.len()) && !digits.starts_with(['0', '1']);
    if number.country != "US" || is_one {
        return Ok(number);
    }
    Err(format!(
        "`{digits}` is not a short code of the US: these have 5 or 6 digits, the first from 2 to 9"
    ))
}

async fn refuse_if_known(app: &App, numbers: &[Number]) -> Result<()> {
    match app.store.known_numbers(numbers).await?.first() {
        None => Ok(()),
        Some(known) => Err(Refusal::with_hint(
            format!("nothing was added: {known} is in the inventory already"),
            format!("`linerent number show {known}` tells how it stands"),
        )
        .into()),
    }
}
