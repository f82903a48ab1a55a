//! Programs that send verification codes, one message per request.

use serde::{Deserialize, Serialize};

use crate::sms::{Measure, measure};
use crate::template::Template;
use crate::validation::{Advice, ValidationErrors};

/// The last three fields are only needed for the opt-in page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TwoFactor {
    /// The value of `${company}`: the company that people sign in to.
    pub company: String,
    /// The message template, with exactly one `${pin}`.
    pub message: String,
    /// The URL of the terms of service.
    pub terms: Option<String>,
    /// The URL of the privacy policy.
    pub privacy: Option<String>,
    /// The support contact: an email address, a URL or a phone number.
    pub support: Option<String>,
}

/// The longest PIN that is assumed: eight digits.
pub const SAMPLE_PIN: &str = "12345678";

const COMPANY: &str = "company";
const PIN: &str = "pin";

impl TwoFactor {
    /// Trims all values and checks the rules: the message has `${pin}` once and no other variable except
    /// `${company}`, and fits into one SMS with the company name and an eight-digit PIN.
    pub fn validated(self) -> Result<Self, ValidationErrors> {
        let mut errors = ValidationErrors::default();
        let mut link = |value: Option<String>, what| value.map(|it| errors.check_url(&it, what));
        let terms = link(self.terms, "the URL of the terms");
        let privacy = link(self.privacy, "the URL of the privacy policy");
        let support = self.support.map(|it| errors.check_line(&it, "the support contact"));
        let company = errors.check_line(&self.company, "the company");
        let message = errors.check_message(&self.message, "the message");
        if let Some(template) = errors.check_template(&message, "the message") {
            check_variables(&template, &message, &mut errors);
        }
        let validated = Self { company, message, terms, privacy, support };
        validated.check_length(&mut errors);
        errors.into_result(validated)
    }

    /// The longest message that is sent: with the company name and an eight-digit PIN.
    pub fn sample(&self) -> String {
        let value_of = |name: &str| match name {
            COMPANY => self.company.as_str(),
            PIN => SAMPLE_PIN,
            _ => "",
        };
        Template::parse(&self.message)
            .map_or_else(|_| self.message.clone(), |it| it.filled(value_of))
    }

    /// What carriers may object to.
    pub fn warnings(&self) -> Vec<String> {
        let names_company = self.sample().to_lowercase().contains(&self.company.to_lowercase());
        let warning = "the message does not name the company; add `${company}`";
        if names_company { Vec::new() } else { vec![warning.to_owned()] }
    }

    fn check_length(&self, errors: &mut ValidationErrors) {
        let sample = self.sample();
        let Measure { encoding, length, segments, cause, .. } = measure(&sample);
        if segments == 1 {
            return;
        }
        let because = cause.map(|cause| {
            let instead = cause.replacement().map(|it| format!("; use `{it}`")).unwrap_or_default();
            format!(" because of `{}` ({}{instead})", cause.character, cause.code_point())
        });
        errors.add(format!(
            "the message must fit into one SMS of {} characters in {}{}, but has {length} with the company name and an 8-digit PIN: `{sample}`",
            encoding.single_max(),
            encoding.as_str(),
            because.unwrap_or_default(),
        ));
    }
}

fn check_variables(template: &Template<'_>, message: &str, errors: &mut ValidationErrors) {
    match template.variables().filter(|name| *name == PIN).count() {
        1 => {}
        0 if message.is_empty() => {}
        0 => errors.add_with_advice("the message has no `${pin}`", Advice::WritePin),
        count => {
            errors.add(format!("the message has `${{pin}}` {count} times; it must have it once"))
        }
    }
    let mut unknown: Vec<_> =
        template.variables().filter(|name| ![COMPANY, PIN].contains(name)).collect();
    unknown.sort_unstable();
    unknown.dedup();
    for name in unknown {
        errors.add(format!(
            "the message has the unknown variable `${{{name}}}`; use `${{company}}` and `${{pin}}`"
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two_factor(company: &str, message: &str) -> TwoFactor {
        let (company, message) = (company.to_owned(), message.to_owned());
        TwoFactor { company, message, terms: None, privacy: None, support: None }
    }

    fn refusal(company: &str, message: &str) -> String {
        two_factor(company, message).validated().expect_err("a refusal").to_string()
    }

    #[test]
    fn values_are_trimmed() {
        let asked = TwoFactor {
            support: Some(" help@example.com ".to_owned()),
            ..two_factor(" Acme ", " Your ${company} code is ${pin}\n")
        };
        let it = asked.validated().expect("a program");
        assert_eq!(
            (it.company.as_str(), it.support.as_deref()),
            ("Acme", Some("help@example.com"))
        );
        assert_eq!(it.sample(), "Your Acme code is 12345678");
        assert_eq!(it.warnings(), [""; 0]);
    }

    #[test]
    fn the_pin_occurs_once() {
        assert_eq!(
            refusal("Acme", "Your Acme code is "),
            "nothing was set up: the message has no `${pin}`"
        );
        assert_eq!(
            refusal("Acme", "${pin} ${pin} ${pin}"),
            "nothing was set up: the message has `${pin}` 3 times; it must have it once"
        );
        assert!(refusal("Acme", "$pin is your code").contains("has no `${pin}`"));
    }

    #[test]
    fn unknown_variables_are_named_with_the_known_ones() {
        assert_eq!(
            refusal("Acme", "${name}, ${pin} ${code} ${name}"),
            "nothing was set up: 2 errors\nthe message has the unknown variable `${code}`; use `${company}` and `${pin}`\nthe message has the unknown variable `${name}`; use `${company}` and `${pin}`"
        );
    }

    #[test]
    fn it_fits_into_one_sms_with_its_values() {
        // `${company}` is 4 and `${pin}` 8 characters long in the end: 148 are left.
        let fits = "x".repeat(148) + "${company}${pin}";
        assert!(two_factor("Acme", &fits).validated().is_ok());
        let error = refusal("Acme.", &fits);
        assert!(error.contains("one SMS of 160 characters in GSM-7, but has 161 with"), "{error}");
        let fits = "я".repeat(58) + "${company}${pin}";
        assert!(two_factor("Acme", &fits).validated().is_ok());
        let error = refusal("Acme.", &fits);
        assert!(
            error.contains("70 characters in UCS-2 because of `я` (U+044F), but has 71"),
            "{error}"
        );
        let error = refusal("Acme’s", &("x".repeat(70) + "${company}${pin}"));
        assert!(error.contains("because of `’` (U+2019; use `'`), but has 84 with"), "{error}");
    }

    #[test]
    fn variables_in_values_are_not_expanded() {
        let it = two_factor("${pin}", "${company} says ${pin}").validated().expect("a program");
        assert_eq!(it.sample(), "${pin} says 12345678");
    }

    #[test]
    fn a_message_without_the_company_name_has_a_warning() {
        let it = two_factor("Acme", "Your code is ${pin}").validated().expect("a program");
        assert_eq!(it.warnings(), ["the message does not name the company; add `${company}`"]);
        let it = two_factor("Acme", "ACME code: ${pin}").validated().expect("a program");
        assert_eq!(it.warnings(), [""; 0]);
    }

    #[test]
    fn every_error_is_reported() {
        let asked = TwoFactor {
            terms: Some("example.com".to_owned()),
            privacy: Some(String::new()),
            support: Some(" ".to_owned()),
            ..two_factor("", "")
        };
        let error = asked.validated().expect_err("a refusal").to_string();
        assert_eq!(
            error,
            "nothing was set up: 5 errors\nthe URL of the terms is `example.com`; it must begin with http:// or https://, for example https://example.com/terms\nthe URL of the privacy policy is empty\nthe support contact is empty\nthe company is empty\nthe message is empty"
        );
    }
}
