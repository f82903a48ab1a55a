//! Columns that several tables have, read as the values that they stand for.

use chrono::{DateTime, Utc};

use crate::ids::AccountId;
use crate::money::{Currency, currency_of};
use crate::notice::Kind;
use crate::store::error::StoreError;

/// Later than every row: where a list of the newest rows begins. Every database can hold it.
pub(in crate::store) const LAST_INSTANT: DateTime<Utc> =
    DateTime::from_timestamp(253_402_300_799, 0).expect("the end of the year 9999");

pub(in crate::store) fn account_of(id: i64) -> Result<AccountId, StoreError> {
    AccountId::from_i64(id).map_err(|error| StoreError::unreadable("an account id", error))
}

/// The currency with this code, for the row that `what` names in an error.
pub(in crate::store) fn read_currency(
    code: &str,
    what: impl ToString,
) -> Result<Currency, StoreError> {
    currency_of(code).map_err(|error| StoreError::unreadable(what, error))
}

/// The kinds of notices in a list such as `,renewed,low_balance,`. Unknown words are skipped: a later
/// version of the program may have written them, and billing must go on.
pub(in crate::store) fn kinds_of(list: &str) -> Vec<Kind> {
    list.split(',').filter_map(|word| word.parse().ok()).collect()
}
