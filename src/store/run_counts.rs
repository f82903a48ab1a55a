//! What a run counts, in each slice of each pass.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, schemars::JsonSchema, Deserialize)]
pub struct RunCounts {
    /// Accounts that had something due.
    pub accounts: u64,
    /// Periods charged.
    pub renewed: u64,
    /// What they came to, in 10⁻⁶ units, by currency.
    pub amounts: BTreeMap<String, i64>,
    /// Subscriptions that became past due.
    pub past_due: u64,
    /// Subscriptions that were released.
    pub released: u64,
    /// Subscriptions that the guard kept from being released.
    pub held_back: u64,
    /// Numbers that went back on sale.
    pub returned: u64,
    /// Reloads; a run of an earlier version has none.
    #[serde(default)]
    pub reloads: ReloadCounts,
    /// Notices queued; a run of an earlier version has none.
    #[serde(default)]
    pub notices: u64,
}

/// Reloads by outcome.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, schemars::JsonSchema, Deserialize,
)]
pub struct ReloadCounts {
    /// Asked for.
    pub requested: u64,
    /// Paid.
    pub captured: u64,
    /// Refused.
    pub declined: u64,
    /// Not known yet.
    pub in_doubt: u64,
}

impl ReloadCounts {
    /// Adds what `other` counts.
    pub const fn add(&mut self, other: &Self) {
        self.requested += other.requested;
        self.captured += other.captured;
        self.declined += other.declined;
        self.in_doubt += other.in_doubt;
    }
}

impl RunCounts {
    /// Adds what `other` counts.
    pub fn add(&mut self, other: &Self) {
        self.accounts += other.accounts;
        self.renewed += other.renewed;
        self.past_due += other.past_due;
        self.released += other.released;
        self.held_back += other.held_back;
        self.returned += other.returned;
        self.reloads.add(&other.reloads);
        self.notices += other.notices;
        for (currency, micros) in &other.amounts {
            let sum = self.amounts.entry(currency.clone()).or_default();
            // A count for people: it must not stop a run, however absurd the prices.
            *sum = sum.saturating_add(*micros);
        }
    }

    /// What still counts when the same date is run again: what was done stays done, what was held
    /// back or in doubt is judged anew.
    pub(super) fn carried_over(self) -> Self {
        let reloads = ReloadCounts { in_doubt: 0, ..self.reloads };
        Self { held_back: 0, reloads, ..self }
    }
}
