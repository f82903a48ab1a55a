//! Cards: orders to reload, checks between runs, and what became of reloads.

use linerent::cli::views::accounts::AccountView;
use linerent::cli::views::reloads::{CheckReport, ReloadView};
use linerent::operations::accounts::auto_reload::{self, Order};
use linerent::operations::reload::{self, Finding};
use linerent::operations::run::Watch;
use linerent::reload::{OpenReloads, PaymentMethod};

use super::{World, id};

/// The account of [`World::renter`].
pub const KEY: &str = "0000000a";

/// The day on which the first rental of [`World::renter`] is renewed.
pub const FIRST_RENEWAL: &str = "2026-02-28";

impl World {
    /// A standing order in force.
    pub async fn auto_reload(&self, key: &str, threshold: &str, amount: &str, method: &str) {
        let order = Order::On {
            threshold: threshold.parse().expect("an amount"),
            amount: amount.parse().expect("an amount"),
            payment_method: PaymentMethod { id: method.to_owned(), customer: None },
        };
        auto_reload::set(&self.app, id(key), &order).await.expect("a standing order");
    }

    pub async fn auto_reload_off(&self, key: &str) {
        auto_reload::set(&self.app, id(key), &Order::Off).await.expect("no order");
    }

    /// One check between runs, as the admin program makes it.
    pub async fn check(&self) -> CheckReport {
        let checked = reload::check(&self.app, &Watch::default(), OpenReloads::All).await;
        checked.expect("a check").into()
    }

    /// The account's reloads, newest first.
    pub async fn reloads(&self, key: &str) -> Vec<ReloadView> {
        let account = Some(key.parse().expect("a key"));
        let reloads = reload::list(&self.app, account, None, 1_000).await.expect("a list");
        reloads.iter().map(ReloadView::from).collect()
    }

    /// Records what the operator found out about a reload.
    pub async fn resolve(
        &self,
        id: &str,
        finding: Finding,
        reason: &str,
    ) -> Result<ReloadView, linerent::operations::Error> {
        let id = id.parse().expect("a reload id");
        let resolved = reload::resolve(&self.app, id, finding, reason).await;
        resolved.map(|reload| ReloadView::from(&reload))
    }

    /// `captured 20.00, declined 20.00`: the account's reloads, in the order of their statuses.
    pub async fn reloads_in_short(&self, key: &str) -> String {
        let reloads = self.reloads(key).await;
        let mut each: Vec<_> =
            reloads.iter().map(|it| format!("{} {}", it.status, it.amount)).collect();
        each.sort();
        each.join(", ")
    }

    pub async fn show(&self, key: &str) -> AccountView {
        AccountView::from(&self.app.account(id(key)).await.expect("an account"))
    }

    /// One account with this balance that rents one number at this price, from the first day on.
    pub async fn renter(&self, balance: &str, price: &str) {
        self.numbers(&["447700900001"], price).await;
        self.account(KEY, balance).await;
        self.rent(KEY, "447700900001").await;
    }

    /// The day's run on the day on which the first renewal is due.
    pub async fn first_renewal(&mut self) -> linerent::cli::views::runs::RunView {
        self.sleep_until(FIRST_RENEWAL).await;
        self.run().await
    }
}
