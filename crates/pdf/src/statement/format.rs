//! Formats amounts, counts and periods for printing.

use chrono::NaiveDate;
use linerent_core::calendar::Period;
use linerent_core::money::Money;

use super::Statement;

/// The most decimals that an amount of the statement has. All amounts are printed with as many, so that their
/// decimal points line up.
pub(super) fn decimals_of(statement: &Statement) -> u32 {
    let amounts = statement.rows.iter().flat_map(|row| [row.amount, row.balance]);
    let amounts = amounts.chain([statement.opening_balance, statement.closing_balance]);
    amounts.map(|amount| amount.amount().scale()).max().unwrap_or_default()
}

/// For example `-1,234.50`.
pub(super) fn amount_text(money: Money, decimals: u32) -> String {
    let mut amount = money.amount();
    amount.rescale(decimals);
    let text = amount.abs().to_string();
    let (units, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut formatted = String::with_capacity(text.len() + 8);
    if money.is_negative() {
        formatted.push('-');
    }
    for (index, digit) in units.chars().enumerate() {
        if index > 0 && (units.len() - index).is_multiple_of(3) {
            formatted.push(',');
        }
        formatted.push(digit);
    }
    if !fraction.is_empty() {
        formatted.push('.');
        formatted.push_str(fraction);
    }
    formatted
}

/// For example `1,234`.
pub(super) fn count_text(count: usize) -> String {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let mut digits = count.to_string();
    let mut at = digits.len();
    while at > 3 {
        at -= 3;
        digits.insert(at, ',');
    }
    digits
}

/// Prints the last day that is included, not the first day after the period.
pub(super) fn period_text(period: Period) -> String {
    let last: NaiveDate = period.end.pred_opt().unwrap_or(period.end);
    format!("{} to {last}", period.start)
}

/// `kind` with a capital letter, for example `Top-up`.
pub(super) fn kind_label(kind: &str) -> String {
    let mut letters = kind.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use linerent_core::money::Currency;
    use proptest::prelude::*;

    fn of(micros: i64, decimals: u32) -> String {
        amount_text(Money::from_micros(micros, Currency::EUR), decimals)
    }

    #[test]
    fn amounts_have_thousands_separators_and_the_wanted_decimals() {
        assert_eq!(of(0, 2), "0.00");
        assert_eq!(of(-1_234_500_000, 2), "-1,234.50");
        assert_eq!(of(999_000_000, 0), "999");
        assert_eq!(of(1_000_000_000_000_000_001, 6), "1,000,000,000,000.000001");
        assert_eq!(of(-7_500, 4), "-0.0075");
        assert_eq!([7, 1_000, 1_234_567].map(count_text), ["7", "1,000", "1,234,567"]);
    }

    proptest! {
        #[test]
        fn a_formatted_amount_reads_back(micros: i64) {
            let plain = of(micros, 6).replace([',', '.'], "");
            prop_assert_eq!(plain.parse::<i64>(), Ok(micros));
        }
    }
}
