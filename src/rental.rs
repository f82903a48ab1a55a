//! What is rented: numbers, and the subscriptions of those who rent them.

pub mod configuration;
mod inventory;
mod prices;
mod records;
mod statuses;

pub use inventory::{InventoryNumber, Match, NumberSearch};
pub use prices::{NewPrice, PriceStep, Prices};
pub use records::{Rental, SubscriptionFilter, SubscriptionRecord};
pub use statuses::{NumberStatusKind, SubscriptionStatus, UnknownStatus};

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use thiserror::Error;

use crate::calendar::{BeyondCalendar, Period, renewal_on};
use crate::ids::AccountId;
use crate::money::Money;
use crate::text::quoted;

/// A text that the inventory cannot use.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RentalError {
    #[error("{} is not a phone number", quoted(.0))]
    NotANumber(String),
    #[error("{} is not a type of number", quoted(.0))]
    UnknownType(String),
    #[error("{} is not a country", quoted(.0))]
    NotACountry(String),
    #[error("{} is not a feature", quoted(.0))]
    NotAFeature(String),
}

/// A phone number in E.164 without `+`, or a short code.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Msisdn(String);

impl Msisdn {
    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the digits can be a number of the type `kind`; short codes have 3 to 8 digits.
    pub fn suits(&self, kind: NumberType) -> bool {
        match kind {
            NumberType::ShortCode => (3..=8).contains(&self.0.len()),
            _ => self.is_e164(),
        }
    }

    /// Whether they can be called from everywhere: E.164 has at most 15 digits and no leading zero.
    pub fn is_e164(&self) -> bool {
        (7..=15).contains(&self.0.len()) && !self.0.starts_with('0')
    }
}

/// Accepts a leading `+` and spaces, as people write numbers.
impl FromStr for Msisdn {
    type Err = RentalError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let trimmed = text.trim();
        let digits: String =
            trimmed.strip_prefix('+').unwrap_or(trimmed).chars().filter(|c| *c != ' ').collect();
        let is_number =
            (3..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        is_number.then_some(Self(digits)).ok_or_else(|| RentalError::NotANumber(text.to_owned()))
    }
}

impl fmt::Display for Msisdn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", const_into_str)]
pub enum NumberType {
    /// Geographic.
    Landline,
    /// Mobile, a "long virtual number".
    MobileLvn,
    /// Freephone.
    LandlineTollFree,
    /// Short code.
    #[strum(serialize = "shortcode")]
    ShortCode,
}

impl NumberType {
    /// Every type.
    pub const ALL: [Self; 4] =
        [Self::Landline, Self::MobileLvn, Self::LandlineTollFree, Self::ShortCode];

    /// As it is stored and shown.
    pub const fn as_str(self) -> &'static str {
        self.into_str()
    }
}

impl FromStr for NumberType {
    type Err = RentalError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| RentalError::UnknownType(text.to_owned()))
    }
}

/// A country by its two letters of ISO 3166, in upper case.
///
/// # Errors
/// [`RentalError::NotACountry`].
pub fn country_of(text: &str) -> Result<String, RentalError> {
    let code = text.to_ascii_uppercase();
    if linerent_number_plans::is_country(&code) {
        return Ok(code);
    }
    Err(RentalError::NotACountry(text.to_owned()))
}

/// The features in a list such as `SMS,VOICE`, in upper case, sorted, each once.
///
/// # Errors
/// [`RentalError::NotAFeature`].
pub fn features_of(list: &str) -> Result<Vec<String>, RentalError> {
    let mut features = Vec::new();
    for word in list.split([',', ';', '|', ' ']).filter(|word| !word.is_empty()) {
        let is_feature = word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        if !is_feature {
            return Err(RentalError::NotAFeature(word.to_owned()));
        }
        features.push(word.to_ascii_uppercase());
    }
    features.sort();
    features.dedup();
    Ok(features)
}

/// One number of the inventory, as it was imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    pub msisdn: Msisdn,
    /// ISO 3166, two letters.
    pub country: String,
    pub kind: NumberType,
    /// Such as `SMS`, `VOICE`; sorted.
    pub features: Vec<String>,
    /// The price of a period in a new rental.
    pub monthly_price: Money,
    /// The price of the rental itself, charged once.
    pub setup_price: Money,
    /// Rented by many accounts at once: short codes only.
    pub is_shared: bool,
}

/// The status of a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NumberStatus {
    /// On sale.
    Available,
    /// Rented by this account.
    Rented(AccountId),
    /// Only its last renter can rent it before `until`.
    Held {
        /// The last renter.
        account: AccountId,
        /// The day on which it goes back on sale.
        until: NaiveDate,
    },
    /// Not for sale any more.
    Retired,
}

impl NumberStatus {
    /// As it is stored and shown.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Rented(_) => "rented",
            Self::Held { .. } => "held",
            Self::Retired => "retired",
        }
    }
}

/// Why a subscription ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr, strum::EnumString)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum EndReason {
    /// At the customer's request.
    Cancelled,
    /// Its renewal was not paid.
    Unfunded,
}

impl EndReason {
    /// As it is stored and shown.
    pub const fn as_str(self) -> &'static str {
        self.into_str()
    }
}

/// An account's rental of one number. It keeps the price that was agreed at rental until another is
/// agreed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// Sequence number within the account, 1-based.
    pub ordinal: i64,
    pub msisdn: Msisdn,
    /// Whether other accounts can rent it at the same time.
    pub is_shared: bool,
    /// First day of the first period; fixes the anchor.
    pub started_on: NaiveDate,
    pub prices: Prices,
    /// Periods charged so far; the first is charged at rental.
    pub periods_charged: u32,
    /// How often a run that charged it was undone.
    pub undone: u32,
    /// The billing date of the first failed attempt to charge the oldest unpaid period.
    pub past_due_since: Option<NaiveDate>,
    /// Whether it ends instead of renewing.
    pub ends_at_period_end: bool,
    /// The coming renewal that its renter was notified of.
    pub announced_for: Option<NaiveDate>,
    /// The date and the reason of its end.
    pub ended: Option<(NaiveDate, EndReason)>,
}

impl Subscription {
    /// The first period that is not charged yet.
    ///
    /// # Errors
    /// [`BeyondCalendar`].
    pub fn next_period(&self) -> Result<Period, BeyondCalendar> {
        Period::of(self.started_on, self.periods_charged)
    }

    /// The date of the next renewal, also if the subscription has ended.
    ///
    /// # Errors
    /// [`BeyondCalendar`].
    pub fn next_renewal_on(&self) -> Result<NaiveDate, BeyondCalendar> {
        renewal_on(self.started_on, self.periods_charged)
    }

    /// The price of the period that was charged last.
    ///
    /// # Errors
    /// [`BeyondCalendar`].
    pub fn present_price(&self) -> Result<Money, BeyondCalendar> {
        self.price_of(self.periods_charged.saturating_sub(1))
    }

    /// The price of the period with this 0-based index.
    ///
    /// # Errors
    /// [`BeyondCalendar`].
    pub fn price_of(&self, index: u32) -> Result<Money, BeyondCalendar> {
        Ok(self.prices.on(renewal_on(self.started_on, index)?))
    }

    /// The uncharged renewals with another price than the one before, in order.
    ///
    /// # Errors
    /// [`BeyondCalendar`].
    pub fn price_steps(&self) -> Result<Vec<PriceStep>, BeyondCalendar> {
        let mut steps = Vec::new();
        let mut before = self.present_price()?;
        for (from, _) in self.prices.changes() {
            let on = self.first_renewal_from(from)?;
            let price = self.prices.on(on);
            if price != before {
                steps.push(PriceStep { on, before, price });
                before = price;
            }
        }
        Ok(steps)
    }

    /// The first uncharged renewal on `from` or later.
    ///
    /// # Errors
    /// [`BeyondCalendar`].
    pub fn first_renewal_from(&self, from: NaiveDate) -> Result<NaiveDate, BeyondCalendar> {
        let mut index = self.periods_charged;
        loop {
            let on = renewal_on(self.started_on, index)?;
            if on >= from {
                return Ok(on);
            }
            index += 1;
        }
    }

    /// `active`, `past_due` or `ended`.
    pub const fn status(&self) -> &'static str {
        match (self.ended, self.past_due_since) {
            (Some(_), _) => "ended",
            (None, Some(_)) => "past_due",
            (None, None) => "active",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for text in ["447700900001", "+44 7700 900001", " 447700900001 "] {
            assert_eq!(text.parse::<Msisdn>().expect("a number").as_str(), "447700900001");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "12", "44-7700", "4477009000011234", "++447700900001", "４４７７"] {
            assert!(text.parse::<Msisdn>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_short_code_is_no_landline() {
        let code: Msisdn = "98975".parse().expect("a short code");
        assert!(code.suits(NumberType::ShortCode) && !code.suits(NumberType::Landline));
    }

    #[test]
    fn features_are_a_sorted_set_in_upper_case() {
        assert_eq!(features_of("voice,SMS;sms").expect("features"), ["SMS", "VOICE"]);
        assert!(features_of("SMS,V%").is_err());
    }
}
