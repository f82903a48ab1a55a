//! Refusals about the inventory of numbers and their prices.

use chrono::NaiveDate;

use super::Explanation;
use crate::ids::AccountId;
use crate::money::Currency;
use crate::rental::{Msisdn, NumberType};

pub(super) const ON_SALE: &str = "`linerent number search` shows what is on sale";

pub fn not_found(msisdn: &Msisdn) -> Explanation {
    Explanation::hinted(format!("there is no number {msisdn} in the inventory"), ON_SALE)
}

pub fn retired(msisdn: &Msisdn) -> Explanation {
    Explanation::plain(format!("{msisdn} is retired already"))
}

pub fn rented(msisdn: &Msisdn) -> Explanation {
    Explanation::hinted(
        format!("{msisdn} is rented"),
        format!("`linerent cancel {msisdn}` ends the rental"),
    )
}

pub fn taken() -> Explanation {
    Explanation::hinted(
        "the number is no longer available",
        "`linerent number search` finds others",
    )
}

pub fn not_on_sale(msisdn: &Msisdn, status: &str) -> Explanation {
    Explanation::hinted(format!("{msisdn} is {status}"), ON_SALE)
}

pub fn held_for_another(msisdn: &Msisdn, until: NaiveDate) -> Explanation {
    Explanation::hinted(format!("{msisdn} is held for its last renter until {until}"), ON_SALE)
}

pub fn currency_mismatch(
    msisdn: &Msisdn,
    sold_in: Currency,
    account: AccountId,
    currency: Currency,
) -> Explanation {
    let (sold_in, currency) = (sold_in.code(), currency.code());
    Explanation::hinted(
        format!("{msisdn} is sold in {sold_in}, and account {account} pays in {currency}"),
        ON_SALE,
    )
}

pub fn exists(msisdn: &str) -> Explanation {
    Explanation::hinted(
        format!("nothing was added: {msisdn} is in the inventory already"),
        format!("`linerent number show {msisdn}` shows it"),
    )
}

pub fn not_enough(wanted: u32, found: u32, currency: Currency) -> Explanation {
    let (are, numbers) = if found == 1 { ("is", "number") } else { ("are", "numbers") };
    Explanation::hinted(
        format!(
            "there {are} {found} such {numbers} on sale in {}, and {wanted} are asked for: nothing was rented",
            currency.code()
        ),
        format!("ask for fewer numbers, or fewer features; {ON_SALE}"),
    )
}

pub fn none_of_tariff(country: &str, kind: NumberType) -> Explanation {
    Explanation::hinted(
        format!("there are no numbers of {country} and of the type {}", kind.as_str()),
        "`linerent number list` shows what there is",
    )
}

pub fn tariff_not_in_currency(
    country: &str,
    kind: NumberType,
    currency: Currency,
    sold_in: &[Currency],
) -> Explanation {
    let Explanation { message, hints } = tariff_in_several_currencies(country, kind, sold_in);
    Explanation { message: format!("{message}, not in {}", currency.code()), hints }
}

pub fn tariff_in_several_currencies(
    country: &str,
    kind: NumberType,
    sold_in: &[Currency],
) -> Explanation {
    let codes: Vec<_> = sold_in.iter().map(|it| it.code()).collect();
    let (kind, codes) = (kind.as_str(), codes.join(" and in "));
    Explanation::hinted(
        format!("numbers of {country} and of the type {kind} are sold in {codes}"),
        "say which with `--currency`",
    )
}

pub fn price_not_in_future(
    effective_on: NaiveDate,
    today: NaiveDate,
    first_on: NaiveDate,
) -> Explanation {
    Explanation::hinted(
        format!(
            "a new price cannot begin on {effective_on}: today is {today}, and accounts are told before it"
        ),
        format!("the first date is {first_on}"),
    )
}

pub fn price_notice_too_short(
    effective_on: NaiveDate,
    notice_days: u32,
    first_on: NaiveDate,
) -> Explanation {
    Explanation::hinted(
        format!(
            "{effective_on} gives less notice than {notice_days} days, the first date is {first_on}"
        ),
        "`--notice-days` says how many days there have to be at least",
    )
}
