//! Checks whether a phone number belongs to a country, by the country's numbering plan.
//!
//! A number is invalid if its calling code is unknown or that of another country, or if only another country with
//! the same calling code has it. If no plan has it, it is merely unlikely: new number ranges appear before the plans
//! are updated, and the plans omit numbers that regulators reserve for fiction.

mod countries;
mod pattern;
mod plans;

pub use countries::is_country;
use plans::{Plan, plan_of, plans_with_code};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The plan of the country has the number.
    Valid,
    /// No plan has the number. The text says what is unusual about it.
    Unlikely(String),
    /// The number does not belong to the country. The text says why and what to do.
    Invalid(String),
}

/// Checks `digits`, a number in E.164 format without `+`, against the plan of `country`, an ISO 3166 code.
pub fn check(digits: &str, country: &str) -> Verdict {
    let Some((code, national)) = split_calling_code(digits) else {
        return Verdict::Invalid(format!(
            "`{digits}` does not begin with the calling code of a country; write the number in international format"
        ));
    };
    let Some(plan) = plan_of(country) else {
        return Verdict::Unlikely(format!("no numbering plan is known for {country}"));
    };
    if plan.code != code {
        return Verdict::Invalid(format!(
            "`{digits}` has the calling code {code} ({}), but that of {country} is {}; correct the country or the number",
            countries_of(code),
            plan.code
        ));
    }
    if plan.has(national) {
        return Verdict::Valid;
    }
    match plans_with_code(code).find(|other| other.has(national)) {
        Some(other) => {
            Verdict::Invalid(format!("`{digits}` is a number of {}, not of {country}", other.id))
        }
        None => Verdict::Unlikely(what_is_unusual(plan, national)),
    }
}

/// The calling code and the national number.
fn split_calling_code(digits: &str) -> Option<(u16, &str)> {
    (1..=3).find_map(|length| {
        let (code, national) = digits.split_at_checked(length)?;
        let code = code.parse().ok()?;
        plans_with_code(code).next().map(|_| (code, national))
    })
}

/// The countries of a calling code, for example `GB, GG, IM, JE`. Only the first few of a long list.
fn countries_of(code: u16) -> String {
    const SHOWN_MAX: usize = 4;
    let mut ids: Vec<_> = plans_with_code(code).map(|plan| plan.id).collect();
    if ids == ["001"] {
        return "no country".to_owned();
    }
    let more = if ids.len() > SHOWN_MAX { ", …" } else { "" };
    ids.truncate(SHOWN_MAX);
    ids.join(", ") + more
}

fn what_is_unusual(plan: &Plan, national: &str) -> String {
    let lengths = plan.lengths();
    if lengths.is_empty() || lengths.contains(&national.len()) {
        return format!("the numbering plan of {} does not have this number", plan.id);
    }
    let lengths: Vec<_> = lengths.iter().map(ToString::to_string).collect();
    format!(
        "it has {} digits after the calling code, but numbers of {} have {}",
        national.len(),
        plan.id,
        lengths.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_the_country_are_valid() {
        for (digits, country) in [
            ("442079460000", "GB"),
            ("447400123456", "GB"),
            ("441534456789", "JE"),
            ("447797712345", "JE"),
            ("441481256789", "GG"),
            ("441624756789", "IM"),
            ("12015550123", "US"),
            ("15062345678", "CA"),
            // Toll-free numbers of North America belong to all countries with its calling code.
            ("18002345678", "US"),
            ("18002345678", "CA"),
            ("18002345678", "BS"),
            ("73012345678", "RU"),
            ("77123456789", "KZ"),
            ("390212345678", "IT"),
            ("390669812345", "VA"),
            ("4930123456", "DE"),
            ("33123456789", "FR"),
            ("33199000001", "FR"),
        ] {
            assert_eq!(check(digits, country), Verdict::Valid, "{digits} {country}");
        }
    }

    #[test]
    fn numbers_of_another_country_are_invalid() {
        for (digits, country) in [
            ("447400123456", "US"),
            ("12015550123", "GB"),
            ("15062345678", "US"),
            ("12015550123", "CA"),
            ("441534456789", "GB"),
            ("442079460000", "JE"),
            ("77123456789", "RU"),
            ("73012345678", "KZ"),
            ("80012345678", "US"),
            ("210123456789", "GB"),
            ("9991234567", "GB"),
        ] {
            let verdict = check(digits, country);
            assert!(matches!(verdict, Verdict::Invalid(_)), "{digits} {country}: {verdict:?}");
        }
    }

    #[test]
    fn numbers_for_fiction_and_unknown_ranges_are_unlikely() {
        for (digits, country) in [
            ("447700900001", "GB"),
            ("447700900001", "JE"),
            ("33000000001", "FR"),
            ("44791", "GB"),
            ("4407400123456", "GB"),
            ("672112345", "AQ"),
        ] {
            let verdict = check(digits, country);
            assert!(matches!(verdict, Verdict::Unlikely(_)), "{digits} {country}: {verdict:?}");
        }
    }

    #[test]
    fn the_texts_say_what_is_wrong() {
        let invalid = |text: &str| Verdict::Invalid(text.to_owned());
        let unlikely = |text: &str| Verdict::Unlikely(text.to_owned());
        for (digits, country, verdict) in [
            (
                "12015550123",
                "GB",
                invalid(
                    "`12015550123` has the calling code 1 (US, AG, AI, AS, …), but that of GB is 44; correct the country or the number",
                ),
            ),
            (
                "80012345678",
                "US",
                invalid(
                    "`80012345678` has the calling code 800 (no country), but that of US is 1; correct the country or the number",
                ),
            ),
            ("441534456789", "GB", invalid("`441534456789` is a number of JE, not of GB")),
            (
                "44791",
                "GB",
                unlikely("it has 3 digits after the calling code, but numbers of GB have 7, 9, 10"),
            ),
            ("447700900001", "GB", unlikely("the numbering plan of GB does not have this number")),
            ("672112345", "AQ", unlikely("no numbering plan is known for AQ")),
        ] {
            assert_eq!(check(digits, country), verdict);
        }
    }

    #[test]
    fn the_examples_of_each_plan_are_not_invalid() {
        for plan in plans::all().iter().filter(|plan| plan.id != "001") {
            for example in plan.kinds.iter().map(|kind| kind.example) {
                let verdict = check(&format!("{}{example}", plan.code), plan.id);
                assert_eq!(verdict, Verdict::Valid, "{} {example}", plan.id);
            }
        }
    }
}
