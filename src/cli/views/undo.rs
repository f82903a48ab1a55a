//! The undoing of a run as JSON.

use chrono::NaiveDate;
use serde::Serialize;

use super::reloads::ReloadView;
use super::runs::{AmountView, FailureView, amounts};
use crate::billing::undo::UndoReport;
use crate::ids::AccountId;
use crate::rental::Msisdn;

/// What undoing a run did, or would do.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct UndoView {
    /// The date of the run.
    pub billing_date: NaiveDate,
    /// Accounts that changed.
    pub accounts: u64,
    /// Renewals reversed.
    pub reversed: u64,
    /// Their sum in each currency.
    pub reversed_amounts: Vec<AmountView>,
    /// Released numbers that are rented again.
    pub restored: Vec<UndoneNumberView>,
    /// Released numbers that stay lost, because they are no longer free for their last renter.
    pub lost: Vec<UndoneNumberView>,
    /// The reloads since the run: those that were captured are to be refunded at the gateway.
    pub reloads: Vec<ReloadView>,
    /// Notices queued.
    pub notices: u64,
    /// Accounts that stay as the run left them, and why.
    pub failures: Vec<FailureView>,
}

/// A number that was released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct UndoneNumberView {
    /// The key of the account that had rented it.
    pub account: String,
    pub number: String,
}

impl UndoView {
    pub fn of(billing_date: NaiveDate, report: &UndoReport) -> Self {
        Self {
            billing_date,
            accounts: report.accounts,
            reversed: report.reversed,
            reversed_amounts: amounts(&report.amounts),
            restored: report.restored.iter().map(UndoneNumberView::from).collect(),
            lost: report.lost.iter().map(UndoneNumberView::from).collect(),
            reloads: report.reloads.iter().map(ReloadView::from).collect(),
            notices: report.notices,
            failures: report.failures.iter().map(FailureView::from).collect(),
        }
    }
}

impl From<&(AccountId, Msisdn)> for UndoneNumberView {
    fn from((account, msisdn): &(AccountId, Msisdn)) -> Self {
        Self { account: account.to_string(), number: msisdn.to_string() }
    }
}
