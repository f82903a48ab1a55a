//! The ledger: double entry, append only.
//!
//! A [`Book`] is one account's side of the ledger. Every movement of money goes through [`Book::post`], which
//! numbers it, updates the balance and refuses an overdraft. The database enforces the same rules by keys and
//! checks. A transfer is never changed: to correct one, the opposite is posted.

use chrono::NaiveDate;
use thiserror::Error;

use crate::calendar::Period;
use crate::clock::Moment;
use crate::ids::{AccountId, ReloadId};
use crate::money::{Money, MoneyError};

/// Why money moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr, strum::EnumString)]
#[strum(serialize_all = "kebab-case", const_into_str)]
pub enum Code {
    /// One period of a subscription.
    Rental,
    /// The setup price of a number.
    Setup,
    /// A captured reload.
    Reload,
    /// Money that the operator credits by hand, for example for a bank transfer.
    TopUp,
    /// A correction by the operator, of either sign.
    Adjustment,
    /// Money that the operator pays back by hand.
    Refund,
    /// The opposite of a rental, because the run that charged it was undone.
    Reversal,
}

impl Code {
    pub const ALL: [Self; 7] = [
        Self::Rental,
        Self::Setup,
        Self::Reload,
        Self::TopUp,
        Self::Adjustment,
        Self::Refund,
        Self::Reversal,
    ];

    /// The code in the database and in JSON.
    pub const fn as_str(self) -> &'static str {
        self.into_str()
    }

    pub fn find(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    /// The house ledger account on the other side of the transfer.
    pub const fn house_account(self) -> &'static str {
        match self {
            Self::Rental | Self::Reversal => "rental_revenue",
            Self::Setup => "setup_revenue",
            Self::Reload => "gateway",
            Self::TopUp => "bank",
            Self::Adjustment => "adjustments",
            // Neither `bank` nor `gateway`: the operator pays it back by a way that is not recorded here.
            Self::Refund => "refunds",
        }
    }
}

/// The ledger account that is an account's balance.
pub const BALANCE: &str = "balance";

/// The period of a subscription that a transfer pays for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paid {
    /// The subscription's ordinal within the account.
    pub subscription: i64,
    pub period: Period,
}

/// A transfer before it is posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub code: Code,
    /// As the account sees it: negative if the balance goes down. Never zero.
    pub amount: Money,
    /// Names the reason. The database accepts each key once per account.
    pub idempotency_key: String,
    /// The subscription and, for a rental, its period.
    pub paid: Option<Paid>,
    /// For a rental: since when the period had been past due.
    pub past_due_since: Option<NaiveDate>,
    /// The operator's explanation.
    pub reason: Option<String>,
}

impl Entry {
    /// The price of one period of a subscription that was undone so many times before.
    pub fn rental(paid: Paid, price: Money, undone: u32) -> Result<Self, MoneyError> {
        Ok(Self {
            code: Code::Rental,
            amount: price.negated()?,
            idempotency_key: rental_key(paid.subscription, paid.period.start, undone),
            paid: Some(paid),
            past_due_since: None,
            reason: None,
        })
    }

    /// The opposite of a rental of `price` under the key `reversed`.
    pub fn reversal(paid: Paid, price: Money, reversed: &str, reason: Option<&str>) -> Self {
        Self {
            code: Code::Reversal,
            amount: price,
            idempotency_key: reversal_key(reversed),
            paid: Some(paid),
            past_due_since: None,
            reason: reason.map(str::to_owned),
        }
    }

    /// The setup price of a number, charged together with its first period.
    pub fn setup(paid: Paid, price: Money) -> Result<Self, MoneyError> {
        Ok(Self {
            code: Code::Setup,
            amount: price.negated()?,
            idempotency_key: setup_key(paid.subscription),
            paid: Some(paid),
            past_due_since: None,
            reason: None,
        })
    }

    /// A captured reload.
    pub fn reload(amount: Money, id: ReloadId) -> Self {
        Self {
            code: Code::Reload,
            amount,
            idempotency_key: reload_key(id),
            paid: None,
            past_due_since: None,
            reason: None,
        }
    }

    /// A top-up under the operator's `reference`.
    pub fn top_up(amount: Money, reference: &str) -> Self {
        Self {
            code: Code::TopUp,
            amount,
            idempotency_key: reference_key(Code::TopUp, reference),
            paid: None,
            past_due_since: None,
            reason: None,
        }
    }

    /// A correction under the operator's `reference`.
    pub fn adjustment(amount: Money, reference: &str, reason: &str) -> Self {
        Self {
            code: Code::Adjustment,
            amount,
            idempotency_key: reference_key(Code::Adjustment, reference),
            paid: None,
            past_due_since: None,
            reason: Some(reason.to_owned()),
        }
    }

    /// A refund of `amount`, which is positive, under the operator's `reference`.
    pub fn refund(
        amount: Money,
        reference: &str,
        reason: Option<&str>,
    ) -> Result<Self, MoneyError> {
        Ok(Self {
            code: Code::Refund,
            amount: amount.negated()?,
            idempotency_key: reference_key(Code::Refund, reference),
            paid: None,
            past_due_since: None,
            reason: reason.map(str::to_owned),
        })
    }
}

/// The key of one period's rental, if the subscription was undone so many times before.
pub fn rental_key(subscription: i64, period_start: NaiveDate, undone: u32) -> String {
    let key = format!("rental/{subscription}/{period_start}");
    if undone == 0 { key } else { format!("{key}/{}", u64::from(undone) + 1) }
}

/// The key of the reversal of the transfer with the key `reversed`.
pub fn reversal_key(reversed: &str) -> String {
    reference_key(Code::Reversal, reversed)
}

/// The key of one subscription's setup price.
pub fn setup_key(subscription: i64) -> String {
    format!("setup/{subscription}")
}

/// The key of a reload's capture.
pub fn reload_key(id: ReloadId) -> String {
    reference_key(Code::Reload, &id.to_string())
}

/// The key of a transfer that has a reference.
pub fn reference_key(code: Code, reference: &str) -> String {
    format!("{}/{reference}", code.as_str())
}

/// The reference in a key: the operator's, or the id of a reload.
pub fn find_reference(code: Code, idempotency_key: &str) -> Option<&str> {
    let has_reference =
        matches!(code, Code::Reload | Code::TopUp | Code::Adjustment | Code::Refund);
    let rest = idempotency_key.strip_prefix(code.as_str())?.strip_prefix('/')?;
    has_reference.then_some(rest)
}

/// One movement of money in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    pub account: AccountId,
    /// Sequence number within the account: 1-based, without gaps.
    pub sequence: i64,
    pub entry: Entry,
    pub balance_after: Money,
    pub posted: Moment,
}

/// Why an entry was not posted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PostError {
    /// The balance would go below `-credit_limit`.
    #[error("{needed} is needed, {available} is available")]
    Overdraft {
        needed: Money,
        /// The balance plus the credit limit.
        available: Money,
    },
    #[error("the amount of a transfer must not be zero")]
    Nothing,
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// One account's side of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Book {
    pub account: AccountId,
    pub balance: Money,
    /// The balance may go down to the negative of this.
    pub credit_limit: Money,
    pub transfer_count: i64,
}

impl Book {
    /// The amount that can be spent: the balance plus the credit limit.
    pub fn available(&self) -> Result<Money, MoneyError> {
        self.balance.plus(self.credit_limit)
    }

    /// Posts `entry`: numbers it and updates the balance. After an error the book is unchanged.
    pub fn post(&mut self, entry: Entry, posted: Moment) -> Result<Transfer, PostError> {
        if entry.amount.is_zero() {
            return Err(PostError::Nothing);
        }
        let balance_after = self.balance.plus(entry.amount)?;
        // Only a debit can overdraw. A credit is accepted even if the balance stays below the limit.
        if entry.amount.is_negative() && balance_after.plus(self.credit_limit)?.is_negative() {
            let (needed, available) = (entry.amount.negated()?, self.available()?);
            return Err(PostError::Overdraft { needed, available });
        }
        let sequence = self.transfer_count.checked_add(1).ok_or(MoneyError::Overflow)?;
        self.balance = balance_after;
        self.transfer_count = sequence;
        Ok(Transfer { account: self.account, sequence, entry, balance_after, posted })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;
    use proptest::prelude::*;

    fn moment() -> Moment {
        let on: NaiveDate = "2026-01-31".parse().expect("a date");
        Moment { at: on.and_time(chrono::NaiveTime::MIN).and_utc(), on }
    }

    fn book(balance: i64, credit_limit: i64) -> Book {
        Book {
            account: AccountId::new(1),
            balance: Money::from_micros(balance, Currency::EUR),
            credit_limit: Money::from_micros(credit_limit, Currency::EUR),
            transfer_count: 0,
        }
    }

    fn adjustment(micros: i64, n: usize) -> Entry {
        Entry::adjustment(Money::from_micros(micros, Currency::EUR), &n.to_string(), "test")
    }

    #[test]
    fn the_balance_may_go_down_to_the_credit_limit_and_not_below() {
        let mut book = book(10, 5);
        assert!(matches!(
            book.post(adjustment(-16, 1), moment()),
            Err(PostError::Overdraft { .. })
        ));
        assert_eq!(book.transfer_count, 0);
        assert!(book.post(adjustment(-15, 1), moment()).is_ok());
        assert_eq!(book.balance.micros(), -5);
    }

    #[test]
    fn only_what_is_booked_under_a_reference_has_one() {
        assert_eq!(find_reference(Code::TopUp, "top-up/INV/7"), Some("INV/7"));
        assert_eq!(find_reference(Code::Refund, "refund/INV/7"), Some("INV/7"));
        assert_eq!(find_reference(Code::Rental, "rental/1/2026-01-31"), None);
    }

    proptest! {
        #[test]
        fn the_balance_is_the_sum_of_what_was_posted(amounts in prop::collection::vec(-100_i64..100, 0..40)) {
            let mut book = book(0, 150);
            let mut sum = 0;
            for (n, amount) in amounts.into_iter().enumerate() {
                if let Ok(transfer) = book.post(adjustment(amount, n), moment()) {
                    sum += amount;
                    prop_assert_eq!(transfer.balance_after.micros(), sum);
                    prop_assert_eq!(transfer.sequence, book.transfer_count);
                }
                prop_assert!(book.balance.micros() >= -150);
                prop_assert_eq!(book.balance.micros(), sum);
            }
        }
    }
}
