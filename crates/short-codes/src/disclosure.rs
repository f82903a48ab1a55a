//! The disclosures that an opt-in page must show.
//!
//! The CTIA Short Code Monitoring Handbook requires them wherever people are asked to opt in: the name of the program
//! or the sender, the message frequency, "message and data rates may apply", how to get help and how to opt out with
//! HELP and STOP in capitals, a customer care contact, and links to the terms and the privacy policy.

use crate::ShortCodeProgram;

/// The names of the values that a disclosure needs and the program does not have.
pub type Missing = Vec<&'static str>;

/// The text for the opt-in page of the short code `code`.
pub fn disclosure(code: &str, program: &ShortCodeProgram) -> Result<String, Missing> {
    let (name, frequency, links) = match program {
        ShortCodeProgram::TwoFactor(it) => {
            let links = [&it.support, &it.terms, &it.privacy].map(Option::as_deref);
            (format!("{} verification codes", it.company), "one message per request", links)
        }
        ShortCodeProgram::Alert(it) => {
            let links = [&it.support, &it.terms, &it.privacy].map(|it| Some(it.as_str()));
            (it.program.clone(), it.frequency.trim_end_matches('.'), links)
        }
    };
    let [Some(support), Some(terms), Some(privacy)] = links else {
        let names = ["support", "terms", "privacy"].into_iter().zip(links);
        return Err(names.filter(|(_, value)| value.is_none()).map(|(name, _)| name).collect());
    };
    Ok(format!(
        "{name}
Message frequency: {frequency}. Message and data rates may apply.
Text STOP to {code} to cancel. Text HELP to {code} for help.
Support: {support}
Terms: {terms}
Privacy policy: {privacy}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Alert, TwoFactor};

    fn two_factor(links: [Option<&str>; 3]) -> ShortCodeProgram {
        let [support, terms, privacy] = links.map(|it| it.map(str::to_owned));
        let (company, message) = ("Acme".to_owned(), "${pin}".to_owned());
        ShortCodeProgram::TwoFactor(TwoFactor { company, message, terms, privacy, support })
    }

    #[test]
    fn the_disclosure_of_an_alert() {
        let program = ShortCodeProgram::Alert(Alert {
            program: "Acme Alerts".to_owned(),
            templates: Vec::new(),
            help_message: String::new(),
            stop_message: String::new(),
            frequency: "2 msgs/day.".to_owned(),
            support: "help@example.com".to_owned(),
            terms: "https://example.com/terms".to_owned(),
            privacy: "https://example.com/privacy".to_owned(),
        });
        insta::assert_snapshot!(disclosure("98975", &program).expect("a text"), @r"
        Acme Alerts
        Message frequency: 2 msgs/day. Message and data rates may apply.
        Text STOP to 98975 to cancel. Text HELP to 98975 for help.
        Support: help@example.com
        Terms: https://example.com/terms
        Privacy policy: https://example.com/privacy
        ");
    }

    #[test]
    fn the_disclosure_of_verification_codes() {
        let program =
            two_factor([Some("help@example.com"), Some("http://a/t"), Some("http://a/p")]);
        insta::assert_snapshot!(disclosure("98975", &program).expect("a text"), @r"
        Acme verification codes
        Message frequency: one message per request. Message and data rates may apply.
        Text STOP to 98975 to cancel. Text HELP to 98975 for help.
        Support: help@example.com
        Terms: http://a/t
        Privacy policy: http://a/p
        ");
    }

    #[test]
    fn every_missing_value_is_named() {
        let missing = |links| disclosure("98975", &two_factor(links)).expect_err("a refusal");
        assert_eq!(missing([None, None, None]), ["support", "terms", "privacy"]);
        assert_eq!(missing([Some("x"), None, Some("x")]), ["terms"]);
    }
}
