//! `number show`, `number list`.

use anyhow::Result;

use super::views::InventoryView;
use super::{App, Refusal, configure, refused};
use crate::rental::{InventoryNumber, Msisdn};

/// What a number's status can be.
pub const STATUSES: [&str; 4] = ["available", "rented", "held", "retired"];

/// The number, where it stands, and how its renter has it configured.
///
/// # Errors
/// Refuses a number that is not in the inventory.
pub async fn show(app: &App, msisdn: &str) -> Result<InventoryView> {
    let found = find(app, msisdn).await?;
    let configuration = configure::of_renter(app, &found).await?;
    Ok(InventoryView { configuration, ..InventoryView::from(&found) })
}

/// The numbers of one status or any, in order.
///
/// # Errors
/// Refuses an unknown status.
pub async fn list(app: &App, status: Option<&str>) -> Result<Vec<InventoryView>> {
    const PAGE: u32 = 10_000;
    if let Some(unknown) = status.filter(|status| !STATUSES.contains(status)) {
        return Err(Refusal::with_hint(
            format!("`{unknown}` is not a status of a number"),
            format!("use {}", STATUSES.join(", ")),
        )
        .into());
    }
    let mut views: Vec<InventoryView> = Vec::new();
    loop {
        let after = views.last().map_or("", |last| last.number.msisdn.as_str());
        let page = app.store.numbers(status, after, PAGE).await?;
        if page.is_empty() {
            return Ok(views);
        }
        views.extend(page.iter().map(InventoryView::from));
    }
}

/// The number, which must be in the inventory.
pub(super) async fn find(app: &App, msisdn: &str) -> Result<InventoryNumber> {
    let msisdn: Msisdn = msisdn.parse().map_err(refused)?;
    let found = app.store.find_number(&msisdn).await?;
    found.ok_or_else(|| {
        Refusal::with_hint(
            format!("there is no number {msisdn} in the inventory"),
            "`linerent number search` shows what is on sale",
        )
        .into()
    })
}
