//! Stripe's minor units, which differ from those of ISO 4217 for some currencies.
//!
//! Source: docs.stripe.com/currencies, the lists of zero-decimal and three-decimal currencies and
//! the special cases. The general list names UGX among those without decimals; the special case,
//! which gives an example of its own (5 UGX are 500), is taken as the exact one.

use crate::money::{Money, currency_of};
use crate::payments::Unchargeable;

/// Charged and counted in whole units.
const WITHOUT_DECIMALS: [&str; 15] = [
    "BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF",
    "XOF", "XPF",
];
/// Counted in hundredths for historical reasons, and charged in whole units.
const IN_WHOLE_HUNDREDS: [&str; 2] = ["ISK", "UGX"];
/// Counted in thousandths, of which the last digit must be zero.
const WITH_THREE_DECIMALS: [&str; 5] = ["BHD", "JOD", "KWD", "OMR", "TND"];

const MICROS_PER_UNIT: i64 = 1_000_000;

/// `amount` in Stripe's minor units.
///
/// # Errors
/// [`Unchargeable`] if it is not a whole multiple of the smallest chargeable amount.
pub(super) fn of(amount: Money) -> Result<i64, Unchargeable> {
    let (per_unit, least) = units_of(amount.currency().code());
    let micros_each = MICROS_PER_UNIT / per_unit;
    let step = micros_each * least;
    if amount.micros() % step == 0 {
        return Ok(amount.micros() / micros_each);
    }
    Err(Unchargeable { amount, step: Money::from_micros(step, amount.currency()) })
}

/// An amount in Stripe's minor units as text; unconverted if we do not know the currency.
pub(super) fn in_words(count: i64, code: &str) -> String {
    let money = currency_of(code).ok().and_then(|currency| {
        let micros = count.checked_mul(MICROS_PER_UNIT / units_of(code).0)?;
        Some(Money::from_micros(micros, currency))
    });
    money.map_or_else(|| format!("{count} of {code}"), |money| money.to_string())
}

/// The number of minor units in one unit, and the smallest number of them that can be charged.
fn units_of(code: &str) -> (i64, i64) {
    if WITHOUT_DECIMALS.contains(&code) {
        (1, 1)
    } else if IN_WHOLE_HUNDREDS.contains(&code) {
        (100, 100)
    } else if WITH_THREE_DECIMALS.contains(&code) {
        (1_000, 10)
    } else {
        (100, 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(amount: &str, currency: &str) -> Option<i64> {
        let currency = currency_of(currency).expect("a currency");
        of(Money::parse(amount, currency).expect("an amount")).ok()
    }

    #[test]
    fn each_currency_is_counted_as_stripe_counts_it() {
        for (amount, currency, count) in [
            ("12.50", "EUR", Some(1_250)),
            ("0.01", "USD", Some(1)),
            ("500", "JPY", Some(500)),
            ("500", "KRW", Some(500)),
            ("5", "ISK", Some(500)),
            ("5", "UGX", Some(500)),
            ("7", "MGA", Some(7)),
            ("10.45", "HUF", Some(1_045)),
            ("5.12", "KWD", Some(5_120)),
            ("5.125", "KWD", None),
            ("0.0075", "EUR", None),
            ("0.5", "JPY", None),
            ("5.50", "ISK", None),
        ] {
            assert_eq!(counted(amount, currency), count, "{amount} {currency}");
        }
    }

    #[test]
    fn a_refused_amount_says_which_amounts_are_possible() {
        let yen = Money::parse("12.5", currency_of("JPY").expect("a currency")).expect("an amount");
        let refusal = of(yen).expect_err("no half yen");
        assert_eq!(refusal.to_string(), "12.5 JPY cannot be charged to a card");
        assert_eq!(refusal.step.to_string(), "1 JPY");
    }
}
