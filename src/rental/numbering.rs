//! Whether a number can be of the country that it is said to be of.
//!
//! What is surely wrong is refused: a calling code that no country has, or another country's, or a
//! number that another country with the same calling code has and this one has not. What the
//! library of numbering plans does not know is only improbable: plans change before it does, and it
//! calls the numbers that regulators set aside for films invalid.

use std::collections::HashSet;

use phonenumber::Metadata;
use phonenumber::Type::{
    FixedLine, Mobile, Pager, PersonalNumber, PremiumRate, SharedCost, TollFree, Uan, Voicemail,
    Voip,
};
use phonenumber::metadata::DATABASE;

use super::Msisdn;

/// The sorts of number that a country's plan speaks of.
const SORTS: [phonenumber::Type; 10] = [
    Mobile,
    FixedLine,
    TollFree,
    SharedCost,
    Voip,
    PremiumRate,
    PersonalNumber,
    Pager,
    Uan,
    Voicemail,
];

/// What a numbering plan says of a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The country has such numbers.
    Fine,
    /// The country may have such numbers; what speaks against it.
    Improbable(String),
    /// The country has no such numbers; why, and what to do.
    Wrong(String),
}

/// The numbering plans, and what was found in them: there may be a million numbers to look at.
#[derive(Debug, Default)]
pub struct Plans {
    /// How numbers begin that no country is known to have.
    unknown: HashSet<String>,
}

impl Plans {
    /// What the plan of `country` (ISO 3166) says of `msisdn`, which is no short code.
    pub fn verdict(&mut self, msisdn: &Msisdn, country: &str) -> Verdict {
        let Some((code, national)) = split(msisdn.as_str()) else {
            return Verdict::Wrong(format!(
                "no country has the calling code that `{msisdn}` begins with; write the number as it is dialled from abroad"
            ));
        };
        let Some(own) = DATABASE.by_id(country) else {
            return Verdict::Improbable(format!("no numbering plan is known for {country}"));
        };
        if own.country_code() != code {
            return Verdict::Wrong(format!(
                "`{msisdn}` has the calling code {code} ({}), {country} has {}; correct the country, or write the number with its calling code",
                owners(code),
                own.country_code()
            ));
        }
        if has(own, national) {
            return Verdict::Fine;
        }
        match self.another(msisdn, code, national) {
            Some(other) => {
                Verdict::Wrong(format!("`{msisdn}` is a number of {other}, not of {country}"))
            }
            None => Verdict::Improbable(improbable(own, national, country)),
        }
    }

    /// Who has a number that the country in question has not. To ask up to 25 plans takes long, so
    /// it is remembered where none of them has any, a hundred numbers at a time: should one of
    /// these be known after all, it is warned of in place of being refused.
    fn another(&mut self, msisdn: &Msisdn, code: u16, national: &str) -> Option<&'static str> {
        let digits = msisdn.as_str();
        let beginning = &digits[..digits.len().saturating_sub(2)];
        if self.unknown.contains(beginning) {
            return None;
        }
        let sharing = DATABASE.by_code(&code).unwrap_or_default();
        let other = sharing.into_iter().find(|plan| has(plan, national));
        if other.is_none() {
            self.unknown.insert(beginning.to_owned());
        }
        other.map(Metadata::id)
    }
}

/// The calling code and what follows it.
fn split(digits: &str) -> Option<(u16, &str)> {
    (1..=3).find_map(|length| {
        let (code, national) = digits.split_at_checked(length)?;
        let code: u16 = code.parse().ok()?;
        DATABASE.region(&code).is_some().then_some((code, national))
    })
}

/// Whether the plan has a number of these digits, of whatever sort. Freephone numbers, for one, may
/// be of all countries that share a calling code.
fn has(plan: &Metadata, national: &str) -> bool {
    let descriptors = plan.descriptors();
    let is_match = |sort| descriptors.get(sort).is_some_and(|it| it.is_match(national));
    descriptors.general().is_match(national) && SORTS.into_iter().any(is_match)
}

/// `GB, GG, IM, JE`; of the many that have 1, the first.
fn owners(code: u16) -> String {
    const SHOWN_MAX: usize = 4;
    let mut owners = DATABASE.region(&code).unwrap_or_default();
    if owners == ["001"] {
        return "of no country".to_owned();
    }
    let more = if owners.len() > SHOWN_MAX { ", …" } else { "" };
    owners.truncate(SHOWN_MAX);
    owners.join(", ") + more
}

/// What speaks against it: the length, where the plan has no numbers of it, or the digits.
fn improbable(plan: &Metadata, national: &str, country: &str) -> String {
    let lengths = lengths_of(plan);
    let length = national.len();
    if lengths.is_empty() || lengths.iter().any(|it| usize::from(*it) == length) {
        return format!("{country} is not known to have such numbers");
    }
    let lengths: Vec<_> = lengths.iter().map(ToString::to_string).collect();
    format!(
        "after the calling code it has {length} digits, and numbers of {country} have {}",
        lengths.join(", ")
    )
}

fn lengths_of(plan: &Metadata) -> Vec<u16> {
    let sorts = SORTS.into_iter().filter_map(|sort| plan.descriptors().get(sort));
    let mut lengths: Vec<u16> = sorts.flat_map(|it| it.possible_length().to_vec()).collect();
    lengths.extend(plan.descriptors().general().possible_length());
    lengths.sort_unstable();
    lengths.dedup();
    lengths
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict_on(msisdn: &str, country: &str) -> Verdict {
        Plans::default().verdict(&msisdn.parse().expect("digits"), country)
    }

    #[test]
    fn numbers_of_their_country_are_fine() {
        for (msisdn, country) in [
            ("442079460000", "GB"),
            ("447400123456", "GB"),
            ("441534456789", "JE"),
            ("447797712345", "JE"),
            ("441481256789", "GG"),
            ("441624756789", "IM"),
            ("12015550123", "US"),
            ("15062345678", "CA"),
            // Freephone numbers of North America belong to all who share its calling code.
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
            assert_eq!(verdict_on(msisdn, country), Verdict::Fine, "{msisdn} {country}");
        }
    }

    #[test]
    fn numbers_of_another_country_are_wrong() {
        for (msisdn, country) in [
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
            let verdict = verdict_on(msisdn, country);
            assert!(matches!(verdict, Verdict::Wrong(_)), "{msisdn} {country}: {verdict:?}");
        }
    }

    #[test]
    fn numbers_for_films_and_new_ranges_are_improbable() {
        for (msisdn, country) in [
            ("447700900001", "GB"),
            ("447700900001", "JE"),
            ("33000000001", "FR"),
            ("44791", "GB"),
            ("4407400123456", "GB"),
            ("672112345", "AQ"),
        ] {
            let verdict = verdict_on(msisdn, country);
            assert!(matches!(verdict, Verdict::Improbable(_)), "{msisdn} {country}: {verdict:?}");
        }
    }

    #[test]
    fn what_was_found_before_does_not_make_a_good_number_bad() {
        let mut plans = Plans::default();
        let mut verdict_on = |text: &str, country: &str| {
            let msisdn: Msisdn = text.parse().expect("digits");
            plans.verdict(&msisdn, country)
        };
        for _ in 0..2 {
            assert!(matches!(verdict_on("447700900001", "GB"), Verdict::Improbable(_)));
            assert!(matches!(verdict_on("447700900002", "JE"), Verdict::Improbable(_)));
            assert_eq!(verdict_on("447400123456", "GB"), Verdict::Fine);
            assert!(matches!(verdict_on("441534456789", "GB"), Verdict::Wrong(_)));
        }
    }

    #[test]
    fn each_country_has_the_examples_of_its_own_plan() {
        for plan in DATABASE.iter().filter(|plan| plan.id() != "001") {
            for example in
                SORTS.into_iter().filter_map(|sort| plan.descriptors().get(sort)?.example())
            {
                let msisdn = format!("{}{example}", plan.country_code());
                if let Ok(msisdn) = msisdn.parse::<Msisdn>() {
                    let verdict = Plans::default().verdict(&msisdn, plan.id());
                    assert!(
                        !matches!(verdict, Verdict::Wrong(_)),
                        "{} {msisdn}: {verdict:?}",
                        plan.id()
                    );
                }
            }
        }
    }
}
