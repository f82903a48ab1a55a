//! `number show`, `number list`.

use crate::operations::App;
use crate::operations::error::Result;
use crate::operations::lookup::number_of;
use crate::operations::pages::{Pages, place_after};
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
pub fn pages(app: &App, status: Option<NumberStatusKind>) -> Pages<'_, InventoryNumber> {
    let status = status.map(NumberStatusKind::as_str);
    Pages::new(None, move |after: Option<Msisdn>, count| async move {
        let after = after.as_ref().map_or("", Msisdn::as_str);
        let numbers = app.store.numbers(status, after, count).await?;
        let last = place_after(&numbers, count, |it| it.number.msisdn.clone());
        Ok((numbers, last))
    })
}

/// As [`pages`], the whole list.
pub async fn list(app: &App, status: Option<NumberStatusKind>) -> Result<Vec<InventoryNumber>> {
    pages(app, status).all().await
}
