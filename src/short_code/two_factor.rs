//! The set-up for signing in: one message with a code for each request.

use serde::{Deserialize, Serialize};

use super::faults::Faults;
use super::sms::{Measure, measure};
use super::template::Template;

/// Who sends codes and in what words. The last three are only needed for the opt-in page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TwoFactor {
    /// Who people sign in to: the value of `${company}`.
    pub company: String,
    /// The template, with one `${pin}` in it.
    pub message: String,
    /// Where the terms of service are.
    pub terms: Option<String>,
    /// Where the privacy policy is.
    pub privacy: Option<String>,
    /// Where people get help: an address, a telephone number.
    pub support: Option<String>,
}

/// The longest pin that is counted on: eight digits.
pub const SAMPLE_PIN: &str = "12345678";

const COMPANY: &str = "company";
const PIN: &str = "pin";

impl TwoFactor {
    /// The same without space around its values, if it keeps the rules: the message has `${pin}`
    /// once and no variable but that and `${company}`, and fits into one SMS with the company's name
    /// and a pin of eight digits.
    ///
    /// # Errors
    /// [`Faults`], all of them.
    pub fn checked(self) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let mut link = |value: Option<String>, what| value.map(|it| faults.link(&it, what));
        let terms = link(self.terms, "the URL of the terms");
        let privacy = link(self.privacy, "the URL of the privacy policy");
        let support = self.support.map(|it| faults.line(&it, "the support contact"));
        let company = faults.line(&self.company, "the company");
        let message = faults.message(&self.message, "the message");
        if let Some(template) = faults.template(&message, "the message") {
            check_variables(&template, &message, &mut faults);
        }
        let checked = Self { company, message, terms, privacy, support };
        checked.check_length(&mut faults);
        faults.refuse_if_any().map(|()| checked)
    }

    /// The message as the longest one that is sent: with the company's name, and a pin of eight
    /// digits.
    pub fn sample(&self) -> String {
        let value_of = |name: &str| match name {
            COMPANY => self.company.as_str(),
            PIN => SAMPLE_PIN,
            _ => "",
        };
        Template::read(&self.message)
            .map_or_else(|_| self.message.clone(), |it| it.filled(value_of))
    }

    /// What carriers may object to.
    pub fn warnings(&self) -> Vec<String> {
        let names = self.sample().to_lowercase().contains(&self.company.to_lowercase());
        let unnamed = "the message does not say who sends it: put `${company}` in";
        if names { Vec::new() } else { vec![unnamed.to_owned()] }
    }

    fn check_length(&self, faults: &mut Faults) {
        let sample = self.sample();
        let Measure { encoding, length, segments, cause, .. } = measure(&sample);
        if segments == 1 {
            return;
        }
        let because = cause.map(|cause| {
            let plain = cause.plain().map(|it| format!(", `{it}` would do")).unwrap_or_default();
            format!(" because of `{}` ({}){plain}", cause.character, cause.code_point())
        });
        faults.add(format!(
            "the message has to fit into one SMS of {} characters in {}{}, and has {length} with the company's name and a pin of 8 digits: `{sample}`",
            encoding.only_max(),
            encoding.as_str(),
            because.unwrap_or_default(),
        ));
    }
}

fn check_variables(template: &Template<'_>, message: &str, faults: &mut Faults) {
    match template.variables().filter(|name| *name == PIN).count() {
        1 => {}
        0 if message.is_empty() => {}
        0 => faults.add_with_hint(
            "the message has no `${pin}`",
            "write the message in single quotes: between double quotes a shell fills in `${…}` itself",
        ),
        count => faults.add(format!("the message has `${{pin}}` {count} times, and one is needed")),
    }
    let mut unknown: Vec<_> =
        template.variables().filter(|name| ![COMPANY, PIN].contains(name)).collect();
    unknown.sort_unstable();
    unknown.dedup();
    for name in unknown {
        faults.add(format!(
            "the message has the unknown variable `${{{name}}}`, those known are `${{company}}` and `${{pin}}`"
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
        two_factor(company, message).checked().expect_err("a refusal").to_string()
    }

    #[test]
    fn a_good_one_is_trimmed() {
        let asked = TwoFactor {
            support: Some(" help@example.com ".to_owned()),
            ..two_factor(" Acme ", " Your ${company} code is ${pin}\n")
        };
        let it = asked.checked().expect("a set-up");
        assert_eq!(
            (it.company.as_str(), it.support.as_deref()),
            ("Acme", Some("help@example.com"))
        );
        assert_eq!(it.sample(), "Your Acme code is 12345678");
        assert_eq!(it.warnings(), [""; 0]);
    }

    #[test]
    fn the_pin_is_there_once() {
        assert_eq!(
            refusal("Acme", "Your Acme code is "),
            "nothing was set up: the message has no `${pin}`\nhint: write the message in single quotes: between double quotes a shell fills in `${…}` itself"
        );
        assert_eq!(
            refusal("Acme", "${pin} ${pin} ${pin}"),
            "nothing was set up: the message has `${pin}` 3 times, and one is needed"
        );
        assert!(refusal("Acme", "$pin is your code").contains("has no `${pin}`"));
    }

    #[test]
    fn unknown_variables_are_named_with_the_known_ones() {
        assert_eq!(
            refusal("Acme", "${name}, ${pin} ${code} ${name}"),
            "nothing was set up: 2 errors\nthe message has the unknown variable `${code}`, those known are `${company}` and `${pin}`\nthe message has the unknown variable `${name}`, those known are `${company}` and `${pin}`"
        );
    }

    #[test]
    fn it_fits_into_one_sms_with_its_values() {
        // `${company}` is 4 and `${pin}` 8 characters long in the end: 148 are left.
        let fits = "x".repeat(148) + "${company}${pin}";
        assert!(two_factor("Acme", &fits).checked().is_ok());
        let told = refusal("Acme.", &fits);
        assert!(told.contains("one SMS of 160 characters in GSM-7, and has 161 with"), "{told}");
        let fits = "я".repeat(58) + "${company}${pin}";
        assert!(two_factor("Acme", &fits).checked().is_ok());
        let told = refusal("Acme.", &fits);
        assert!(
            told.contains("70 characters in UCS-2 because of `я` (U+044F), and has 71"),
            "{told}"
        );
        let told = refusal("Acme’s", &("x".repeat(70) + "${company}${pin}"));
        assert!(told.contains("because of `’` (U+2019), `'` would do, and has 84 with"), "{told}");
    }

    #[test]
    fn a_value_is_no_template() {
        let it = two_factor("${pin}", "${company} says ${pin}").checked().expect("a set-up");
        assert_eq!(it.sample(), "${pin} says 12345678");
    }

    #[test]
    fn a_sender_that_is_not_named_is_warned_of() {
        let it = two_factor("Acme", "Your code is ${pin}").checked().expect("a set-up");
        assert_eq!(it.warnings(), ["the message does not say who sends it: put `${company}` in"]);
        let it = two_factor("Acme", "ACME code: ${pin}").checked().expect("a set-up");
        assert_eq!(it.warnings(), [""; 0]);
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let asked = TwoFactor {
            terms: Some("example.com".to_owned()),
            privacy: Some(String::new()),
            support: Some(" ".to_owned()),
            ..two_factor("", "")
        };
        let told = asked.checked().expect_err("a refusal").to_string();
        assert_eq!(
            told,
            "nothing was set up: 5 errors\nthe URL of the terms is `example.com`, and has to be a URL with http:// or https://, for example https://example.com/terms\nthe URL of the privacy policy is empty\nthe support contact is empty\nthe company is empty\nthe message is empty"
        );
    }
}
