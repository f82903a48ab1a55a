//! Amounts and dates as they stand on paper.

use chrono::NaiveDate;

use super::Statement;
use crate::calendar::Period;
use crate::ledger::Code;
use crate::money::Money;

/// The decimals that one amount of the statement has at least; all are written with as many, so that their
/// points stand below each other.
pub(super) fn decimals_of(statement: &Statement) -> u32 {
    let amounts = statement.lines.iter().flat_map(|line| [line.amount, line.balance]);
    let amounts = amounts.chain([statement.opening, statement.closing]);
    amounts.map(|amount| amount.amount().scale()).max().unwrap_or_default()
}

/// `-1,234.50`.
pub(super) fn figure(money: Money, decimals: u32) -> String {
    let mut amount = money.amount();
    amount.rescale(decimals);
    let text = amount.abs().to_string();
    let (units, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut figure = String::with_capacity(text.len() + 8);
    if money.is_negative() {
        figure.push('-');
    }
    for (index, digit) in units.chars().enumerate() {
        if index > 0 && (units.len() - index).is_multiple_of(3) {
            figure.push(',');
        }
        figure.push(digit);
    }
    if !fraction.is_empty() {
        figure.push('.');
        figure.push_str(fraction);
    }
    figure
}

/// `1,234`.
pub(super) fn count(count: usize) -> String {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let mut digits = count.to_string();
    let mut at = digits.len();
    while at > 3 {
        at -= 3;
        digits.insert(at, ',');
    }
    digits
}

/// Its days, as people count them: both are included.
pub(super) fn days(period: Period) -> String {
    let last: NaiveDate = period.end.pred_opt().unwrap_or(period.end);
    format!("{} to {last}", period.start)
}

/// `Top-up`.
pub(super) fn label(code: Code) -> String {
    let (first, rest) = code.as_str().split_at(1);
    first.to_ascii_uppercase() + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;
    use proptest::prelude::*;

    fn of(micros: i64, decimals: u32) -> String {
        figure(Money::from_micros(micros, Currency::EUR), decimals)
    }

    #[test]
    fn thousands_are_parted_and_decimals_filled_up() {
        assert_eq!(of(0, 2), "0.00");
        assert_eq!(of(-1_234_500_000, 2), "-1,234.50");
        assert_eq!(of(999_000_000, 0), "999");
        assert_eq!(of(1_000_000_000_000_000_001, 6), "1,000,000,000,000.000001");
        assert_eq!(of(-7_500, 4), "-0.0075");
        assert_eq!([count(7), count(1_000), count(1_234_567)], ["7", "1,000", "1,234,567"]);
    }

    proptest! {
        #[test]
        fn a_figure_reads_back_as_the_amount(micros: i64) {
            let plain = of(micros, 6).replace([',', '.'], "");
            prop_assert_eq!(plain.parse::<i64>(), Ok(micros));
        }
    }
}
