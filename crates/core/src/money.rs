//! Amounts of money: integers of 10⁻⁶ currency units, with checked arithmetic.
//!
//! Decimals exist only at the edges, in [`Money::parse`] and [`Money::amount`]. Nothing is rounded except by
//! [`Money::in_whole_coins`]: an amount with more than six decimals is refused.

use std::fmt;
use std::str::FromStr;

pub use iso_currency::Currency;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::text::quoted;

const DECIMALS: u32 = 6;
const MICROS_PER_UNIT: i64 = 1_000_000;
/// The largest amount that can be entered, in units: enough for the currencies with the smallest units, and
/// so small that sums do not overflow.
const UNITS_MAX: i64 = 1_000_000_000_000;

/// An amount in one currency, possibly negative. In JSON it is an object with `amount`, a decimal string, and
/// `currency`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "MoneyJson", try_from = "MoneyJson")]
pub struct Money {
    micros: i64,
    currency: Currency,
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MoneyError {
    #[error("{} is not an amount", quoted(.0))]
    NotANumber(String),
    #[error("{} has more than {DECIMALS} decimals", quoted(.0))]
    TooPrecise(String),
    #[error("{} exceeds the maximum amount, {UNITS_MAX}", quoted(.0))]
    TooLarge(String),
    #[error("{} is not a currency", quoted(.0))]
    UnknownCurrency(String),
    #[error("cannot combine {left} and {right}")]
    CurrenciesDiffer { left: Currency, right: Currency },
    #[error("the amount overflows")]
    Overflow,
}

/// The currency with the ISO 4217 code `code`, in upper or lower case.
pub fn currency_of(code: &str) -> Result<Currency, MoneyError> {
    Currency::from_code(&code.to_ascii_uppercase())
        .ok_or_else(|| MoneyError::UnknownCurrency(code.to_owned()))
}

/// A decimal number that is not yet of a currency, such as `12.50`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount {
    micros: i64,
}

/// An amount whose currency may be stated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatedAmount {
    pub amount: Amount,
    pub currency: Option<Currency>,
}

impl Amount {
    pub const fn of(self, currency: Currency) -> Money {
        Money::from_micros(self.micros, currency)
    }
}

impl FromStr for Amount {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let is_plain = unsigned.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
            && unsigned.bytes().any(|byte| byte.is_ascii_digit())
            && unsigned.bytes().filter(|byte| *byte == b'.').count() <= 1;
        if !is_plain {
            return Err(MoneyError::NotANumber(text.to_owned()));
        }
        let decimals = unsigned.split_once('.').map_or("", |(_, decimals)| decimals);
        if decimals.trim_end_matches('0').len() > DECIMALS as usize {
            return Err(MoneyError::TooPrecise(text.to_owned()));
        }
        let too_large = || MoneyError::TooLarge(text.to_owned());
        let amount = Decimal::from_str_exact(text).map_err(|_| too_large())?;
        if amount.abs() > Decimal::from(UNITS_MAX) {
            return Err(too_large());
        }
        let micros = amount.checked_mul(Decimal::from(MICROS_PER_UNIT)).ok_or_else(too_large)?;
        let micros = i64::try_from(micros).map_err(|_| too_large())?;
        Ok(Self { micros })
    }
}

impl FromStr for StatedAmount {
    type Err = MoneyError;

    /// Reads `25`, `25 EUR` or `25EUR`.
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let text = text.trim();
        let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        if number.is_empty() || number == text {
            return Ok(Self { amount: text.parse()?, currency: None });
        }
        let currency = currency_of(&text[number.len()..])?;
        Ok(Self { amount: number.trim().parse()?, currency: Some(currency) })
    }
}

impl Money {
    pub const fn from_micros(micros: i64, currency: Currency) -> Self {
        Self { micros, currency }
    }

    pub const fn zero(currency: Currency) -> Self {
        Self::from_micros(0, currency)
    }

    /// Reads a plain decimal number, such as `12.50` or `-3`.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        Ok(text.parse::<Amount>()?.of(currency))
    }

    /// Millionths of one currency unit.
    pub const fn micros(self) -> i64 {
        self.micros
    }

    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// The amount in units, with at least the decimals of the currency (two for EUR, none for JPY) and no
    /// further trailing zeros.
    pub fn amount(self) -> Decimal {
        let exact = Decimal::new(self.micros, DECIMALS).normalize();
        let customary = self.currency.exponent().map_or(2, u32::from);
        let mut amount = exact;
        amount.rescale(exact.scale().max(customary));
        amount
    }

    /// Rounded up to the smallest unit that can be paid in the currency: cents for EUR, yen for JPY.
    pub fn in_whole_coins(self) -> Result<Self, MoneyError> {
        let decimals = self.currency.exponent().map_or(2, u32::from).min(DECIMALS);
        let coin = 10_i64.pow(DECIMALS - decimals);
        let up = (coin - self.micros.rem_euclid(coin)) % coin;
        let micros = self.micros.checked_add(up).ok_or(MoneyError::Overflow)?;
        Ok(Self { micros, ..self })
    }

    pub const fn is_negative(self) -> bool {
        self.micros < 0
    }

    pub const fn is_zero(self) -> bool {
        self.micros == 0
    }

    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let micros = self.micros.checked_add(other.micros).ok_or(MoneyError::Overflow)?;
        Ok(Self { micros, ..self })
    }

    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.plus(other.negated()?)
    }

    pub fn times(self, count: u32) -> Result<Self, MoneyError> {
        let micros = self.micros.checked_mul(i64::from(count)).ok_or(MoneyError::Overflow)?;
        Ok(Self { micros, ..self })
    }

    pub fn negated(self) -> Result<Self, MoneyError> {
        let micros = self.micros.checked_neg().ok_or(MoneyError::Overflow)?;
        Ok(Self { micros, ..self })
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            return Ok(());
        }
        Err(MoneyError::CurrenciesDiffer { left: self.currency, right: other.currency })
    }
}

#[derive(Serialize, Deserialize)]
struct MoneyJson {
    amount: String,
    currency: String,
}

impl From<Money> for MoneyJson {
    fn from(money: Money) -> Self {
        let currency = money.currency.code().to_owned();
        Self { amount: money.amount().to_string(), currency }
    }
}

impl TryFrom<MoneyJson> for Money {
    type Error = MoneyError;

    fn try_from(json: MoneyJson) -> Result<Self, Self::Error> {
        let currency = currency_of(&json.currency)?;
        let not_a_number = || MoneyError::NotANumber(json.amount.clone());
        let amount = Decimal::from_str_exact(&json.amount).map_err(|_| not_a_number())?;
        // Sums can exceed `UNITS_MAX`.
        let micros = amount.checked_mul(Decimal::from(MICROS_PER_UNIT)).ok_or_else(not_a_number)?;
        let micros = i64::try_from(micros).map_err(|_| not_a_number())?;
        Ok(Self::from_micros(micros, currency))
    }
}

/// For example `12.50 EUR`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount(), self.currency.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn eur(text: &str) -> Result<Money, MoneyError> {
        Money::parse(text, Currency::EUR)
    }

    #[test]
    fn only_plain_numbers_are_accepted() {
        for text in
            ["NaN", "", "-", ".", "1e3", "1_000", "1,50", "0x10", " 1", "inf", "--1", "1.2.3"]
        {
            assert_eq!(eur(text), Err(MoneyError::NotANumber(text.to_owned())));
        }
    }

    #[test]
    fn a_seventh_decimal_is_refused_unless_it_is_zero() {
        assert_eq!(eur("0.0000001"), Err(MoneyError::TooPrecise("0.0000001".to_owned())));
        assert_eq!(eur("0.0000010").map(Money::micros), Ok(1));
    }

    #[test]
    fn huge_amounts_are_refused() {
        for text in ["1000000000000.000001", "99999999999999999999999999999999999999999"] {
            assert_eq!(eur(text), Err(MoneyError::TooLarge(text.to_owned())));
        }
        assert!(eur("1000000000000").is_ok());
    }

    #[test]
    fn amounts_show_the_decimals_of_their_currency() {
        assert_eq!(eur("3").expect("an amount").to_string(), "3.00 EUR");
        assert_eq!(eur("0.0075").expect("an amount").to_string(), "0.0075 EUR");
        assert_eq!(Money::from_micros(500_000_000, Currency::JPY).to_string(), "500 JPY");
    }

    #[test]
    fn amounts_are_rounded_up_to_whole_coins() {
        let coins = |micros, currency| Money::from_micros(micros, currency).in_whole_coins();
        assert_eq!(coins(1_969_134, Currency::EUR).map(Money::micros), Ok(1_970_000));
        assert_eq!(coins(1_970_000, Currency::EUR).map(Money::micros), Ok(1_970_000));
        assert_eq!(coins(1, Currency::JPY).map(Money::micros), Ok(1_000_000));
        assert_eq!(coins(-15_000, Currency::EUR).map(Money::micros), Ok(-10_000));
    }

    #[test]
    fn amounts_of_two_currencies_cannot_be_added() {
        let yen = Money::zero(Currency::JPY);
        assert!(matches!(
            yen.plus(Money::zero(Currency::EUR)),
            Err(MoneyError::CurrenciesDiffer { .. })
        ));
    }

    proptest! {
        #[test]
        fn a_displayed_amount_reads_back(micros in -1_000_000_000_000_000_000_i64..=1_000_000_000_000_000_000) {
            let money = Money::from_micros(micros, Currency::EUR);
            prop_assert_eq!(eur(&money.amount().to_string()), Ok(money));
        }

        #[test]
        fn sums_are_exact_or_refused(left: i64, right: i64) {
            let sum = Money::from_micros(left, Currency::EUR)
                .plus(Money::from_micros(right, Currency::EUR));
            prop_assert_eq!(sum.ok().map(Money::micros), left.checked_add(right));
        }
    }
}
