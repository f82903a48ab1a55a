//! What an opt-in page has to show: the call to action's disclosures.
//!
//! The CTIA's Short Code Monitoring Handbook wants them wherever people are asked to opt in: the
//! program's or the sender's name, how often messages come, that "message and data rates may
//! apply", how to get help and how to opt out with HELP and STOP in capitals, a customer care
//! contact, and links to the terms and the privacy policy. Codes for signing in come one for each
//! request, which is their frequency; all else holds for them, too.

use super::SetUp;

/// What a set-up lacks for its disclosure: names of its values.
pub type Missing = Vec<&'static str>;

/// The text for the opt-in page of short code `code`.
///
/// # Errors
/// What is missing, all of it.
pub fn disclosure(code: &str, set_up: &SetUp) -> Result<String, Missing> {
    let (name, frequency, links) = match set_up {
        SetUp::TwoFactor(it) => {
            let links = [&it.support, &it.terms, &it.privacy].map(Option::as_deref);
            (format!("{} verification codes", it.company), "one message per request", links)
        }
        SetUp::Alert(it) => {
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
    use crate::short_code::{Alert, TwoFactor};

    fn two_factor(links: [Option<&str>; 3]) -> SetUp {
        let [support, terms, privacy] = links.map(|it| it.map(str::to_owned));
        let (company, message) = ("Acme".to_owned(), "${pin}".to_owned());
        SetUp::TwoFactor(TwoFactor { company, message, terms, privacy, support })
    }

    #[test]
    fn an_alert_has_all_that_is_needed() {
        let set_up = SetUp::Alert(Alert {
            program: "Acme Alerts".to_owned(),
            templates: Vec::new(),
            help_message: String::new(),
            stop_message: String::new(),
            frequency: "2 msgs/day.".to_owned(),
            support: "help@example.com".to_owned(),
            terms: "https://example.com/terms".to_owned(),
            privacy: "https://example.com/privacy".to_owned(),
        });
        insta::assert_snapshot!(disclosure("98975", &set_up).expect("a text"), @r"
        Acme Alerts
        Message frequency: 2 msgs/day. Message and data rates may apply.
        Text STOP to 98975 to cancel. Text HELP to 98975 for help.
        Support: help@example.com
        Terms: https://example.com/terms
        Privacy policy: https://example.com/privacy
        ");
    }

    #[test]
    fn codes_come_one_for_each_request() {
        let set_up = two_factor([Some("help@example.com"), Some("http://a/t"), Some("http://a/p")]);
        insta::assert_snapshot!(disclosure("98975", &set_up).expect("a text"), @r"
        Acme verification codes
        Message frequency: one message per request. Message and data rates may apply.
        Text STOP to 98975 to cancel. Text HELP to 98975 for help.
        Support: help@example.com
        Terms: http://a/t
        Privacy policy: http://a/p
        ");
    }

    #[test]
    fn all_that_is_missing_is_named() {
        let missing = |links| disclosure("98975", &two_factor(links)).expect_err("a refusal");
        assert_eq!(missing([None, None, None]), ["support", "terms", "privacy"]);
        assert_eq!(missing([Some("x"), None, Some("x")]), ["terms"]);
    }
}
