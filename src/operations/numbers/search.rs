//! `number search`: what is on sale.

use crate::operations::error::Result;
use crate::operations::refusal::InvalidValue;
use crate::operations::{App, Refusal};
use crate::rental::{InventoryNumber, NumberSearch};

/// One page of the numbers on sale that match.
#[derive(Debug, Clone)]
pub struct FoundNumbers {
    /// How many numbers match on all pages.
    pub count: u64,
    /// The numbers of this page, in order.
    pub numbers: Vec<InventoryNumber>,
}

const SIZE_MAX: u32 = 1_000;

/// One page of the numbers on sale that match. Pages are counted from 1 and have `size` numbers each.
pub async fn search(
    app: &App,
    search: &NumberSearch,
    page: u32,
    size: u32,
) -> Result<FoundNumbers> {
    if page == 0 || size == 0 || size > SIZE_MAX {
        let (what, value) = if page == 0 { ("page", page) } else { ("size", size) };
        let max = if page == 0 { u32::MAX } else { SIZE_MAX };
        let reason = InvalidValue::OutOfRange { value: value.into(), min: 1, max: max.into() };
        return Err(Refusal::InvalidValue { what, reason }.into());
    }
    let offset = (page - 1).saturating_mul(size);
    let search = NumberSearch { offset, limit: size, ..search.clone() };
    let (count, numbers) = app.store.search_numbers(&search).await?;
    Ok(FoundNumbers { count, numbers })
}
