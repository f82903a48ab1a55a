//! `number show`, `number list`.

use crate::operations::App;
use crate::operations::error::Result;
use crate::operations::lookup::number_of;
use crate::rental::configuration::Configuration;
use crate::rental::{InventoryNumber, Msisdn, NumberStatus, NumberStatusKind};

/// A number, and the configuration of its rental if one account rents it and no other can.
#[derive(Debug, Clone)]
pub struct ShownNumber {
    pub number: InventoryNumber,
    pub configuration: Option<Configuration>,
}

pub async fn show(app: &App, msisdn: &Msisdn) -> Result<ShownNumber> {
    let number = number_of(app, msisdn).await?;
    let configuration = match number.status {
        NumberStatus::Rented(account) => {
            Some(app.store.configuration_of_number(account, &number.number.msisdn).await?)
        }
        _ => None,
    };
    Ok(ShownNumber { number, configuration })
}

/// The numbers of one status or of all, in order.
pub async fn list(app: &App, status: Option<NumberStatusKind>) -> Result<Vec<InventoryNumber>> {
    const PAGE: u32 = 10_000;
    let status = status.map(NumberStatusKind::as_str);
    let mut numbers: Vec<InventoryNumber> = Vec::new();
    loop {
        let after = numbers.last().map_or("", |last| last.number.msisdn.as_str());
        let page = app.store.numbers(status, after, PAGE).await?;
        if page.is_empty() {
            return Ok(numbers);
        }
        numbers.extend(page);
    }
}
