//! Remedies for texts that are not values of the wanted type.

use crate::ids::{NotAKey, NotAReload};
use crate::mail::NotAnAddress;
use crate::money::MoneyError;
use crate::notice::{Kind, NotAKind, NotANotice};
use crate::rental::configuration::Unusable;
use crate::rental::{NumberType, RentalError, UnknownStatus};
use linerent_short_codes::{ProgramKind, UnknownProgramKind};

pub fn account(_: &NotAKey) -> String {
    "a key is 8 hexadecimal characters, for example 1f3a90c2".to_owned()
}

pub fn money(error: &MoneyError) -> Option<String> {
    let remedy = match error {
        MoneyError::NotANumber(_) => "write a plain decimal number, for example 12.50",
        MoneyError::TooPrecise(_) => "use fewer decimals, for example 12.50",
        MoneyError::TooLarge(_) => "use a smaller amount",
        MoneyError::UnknownCurrency(_) => "use an ISO 4217 code, for example EUR",
        MoneyError::CurrenciesDiffer { .. } | MoneyError::Overflow => return None,
    };
    Some(remedy.to_owned())
}

pub fn program_kind(_: &UnknownProgramKind) -> String {
    format!("use {}", ProgramKind::ALL.map(ProgramKind::as_str).join(" or "))
}

pub fn reload(_: &NotAReload) -> String {
    "`linerent reload list` shows them, for example 1f3a90c2-0b6d3c92a7e1".to_owned()
}

pub fn notice_kind(_: &NotAKind) -> String {
    format!("use one of {}", Kind::ALL.map(Kind::as_str).join(", "))
}

pub fn notice(_: &NotANotice) -> String {
    "`linerent notice list` shows them, for example 1f3a90c2/renewed/2026-02-28".to_owned()
}

pub fn address(_: &NotAnAddress) -> String {
    "write it as name@example.com or Name <name@example.com>".to_owned()
}

pub fn status(error: &UnknownStatus) -> String {
    format!("use {}", error.known.join(", "))
}

pub fn rental(error: &RentalError) -> String {
    match error {
        RentalError::NotANumber(_) => {
            "write E.164 without `+`, for example 447700900001, or a short code of 3 to 8 digits"
                .to_owned()
        }
        RentalError::UnknownType(_) => {
            let [others @ .., last] = NumberType::ALL.map(NumberType::as_str);
            format!("use {} or {last}", others.join(", "))
        }
        RentalError::NotACountry(_) => "use the two letters of ISO 3166, for example GB".to_owned(),
        RentalError::NotAFeature(_) => "use words such as SMS, VOICE, MMS".to_owned(),
    }
}

pub fn configuration(error: &Unusable) -> String {
    match error {
        Unusable::UnknownCallbackType => "use sip ADDRESS, tel NUMBER or url URL",
        Unusable::NotAPhoneNumber => {
            "write E.164 with the country's digits first, for example 447700900001"
        }
        Unusable::NotASipAddress => {
            "write it as sip:alice@example.com, with :PORT and ;transport=tcp if needed"
        }
        Unusable::NotAUrl => "write it as https://hooks.example.com/path",
        Unusable::TooLong { .. } => "use a shorter one",
        Unusable::ForbiddenCharacter => "write such a character as %20",
        Unusable::OtherScheme => "use https:// or http://",
        Unusable::HasCredentials => {
            "leave out USER:PASSWORD@: it would be visible wherever the URL is shown"
        }
        Unusable::HasFragment => "leave out the # and the part after it",
        Unusable::NotAnApplication => "use up to 64 letters, digits and - _ . :",
        Unusable::NotASystemType => "use up to 12 characters of ASCII, without spaces",
    }
    .to_owned()
}
