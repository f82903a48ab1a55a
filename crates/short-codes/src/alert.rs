//! Programs that send alerts to people who opted in.
//!
//! Errors are reserved for messages that carriers block or that cannot be sent. If a reviewer of a carrier might
//! object, there is a warning, because software cannot judge every wording.

use serde::{Deserialize, Serialize};

use crate::sms::measure;
use crate::validation::{Advice, ValidationErrors};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// The name of the program.
    pub program: String,
    /// One to six message templates.
    pub templates: Vec<String>,
    /// The reply to HELP.
    pub help_message: String,
    /// The reply to STOP.
    pub stop_message: String,
    /// How often messages are sent, for example `2 msgs/day`.
    pub frequency: String,
    /// The support contact: an email address, a URL or a phone number.
    pub support: String,
    /// The URL of the terms of service.
    pub terms: String,
    /// The URL of the privacy policy.
    pub privacy: String,
}

pub const TEMPLATES_MAX: usize = 6;
/// Carriers do not reliably reassemble texts of more SMS.
pub const SEGMENTS_MAX: usize = 10;

/// Phrases that confirm an opt-out, in the languages of programs in the United States. Curly apostrophes are
/// treated as straight ones.
const OPT_OUT_PHRASES: [&str; 20] = [
    "no more",
    "no further",
    "no longer",
    "not receive",
    "not get",
    "not be sent",
    "won't",
    "will not",
    "unsubscribed",
    "opted out",
    "opted-out",
    "canceled",
    "cancelled",
    "stopped",
    "removed",
    "no recibir",
    "no enviaremos",
    "cancelad",
    "dado de baja",
    "no más",
];

impl Alert {
    /// Trims all values and checks the rules: one to six templates with valid variables, a help message that says
    /// how to get help or to stop, a stop message that confirms the opt-out, and no text of more than ten SMS.
    pub fn validated(self) -> Result<Self, ValidationErrors> {
        let mut errors = ValidationErrors::default();
        let program = errors.check_line(&self.program, "the program");
        let templates: Vec<_> = self
            .templates
            .iter()
            .zip(1..)
            .map(|(text, number)| check_template(text, number, &mut errors))
            .collect();
        if templates.is_empty() || templates.len() > TEMPLATES_MAX {
            errors.add(format!(
                "1 to {TEMPLATES_MAX} templates are required, not {}",
                templates.len()
            ));
        }
        let help_message = check_reply(&self.help_message, "the help message", &mut errors);
        let stop_message = check_reply(&self.stop_message, "the stop message", &mut errors);
        let frequency = errors.check_line(&self.frequency, "the frequency");
        let support = errors.check_line(&self.support, "the support contact");
        let terms = errors.check_url(&self.terms, "the URL of the terms");
        let privacy = errors.check_url(&self.privacy, "the URL of the privacy policy");
        check_help(&help_message, &support, &mut errors);
        check_stop(&stop_message, &mut errors);
        errors.into_result(Self {
            program,
            templates,
            help_message,
            stop_message,
            frequency,
            support,
            terms,
            privacy,
        })
    }

    /// What carriers may object to, and texts that take more SMS than usual.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        let help = normalized(&self.help_message);
        if !mentions(&self.help_message, &self.support) {
            warnings.push(format!(
                "the help message does not name the support contact `{}`",
                self.support
            ));
        }
        if !has_word(&help, "stop") {
            warnings.push("the help message does not say that STOP cancels".to_owned());
        }
        for (what, text) in [("help", &self.help_message), ("stop", &self.stop_message)] {
            if !mentions(text, &self.program) {
                warnings.push(format!(
                    "the {what} message does not name the program `{}`",
                    self.program
                ));
            }
            let segments = measure(text).segments;
            if segments > 1 {
                warnings.push(format!("the {what} message takes {segments} SMS; 1 is usual"));
            }
        }
        warnings
    }
}

fn check_template(text: &str, number: usize, errors: &mut ValidationErrors) -> String {
    let what = format!("template {number}");
    let text = errors.check_message(text, &what);
    errors.check_template(&text, &what);
    check_length(&text, &what, errors);
    text
}

/// Checks a reply, which cannot have variables.
fn check_reply(text: &str, what: &str, errors: &mut ValidationErrors) -> String {
    let text = errors.check_message(text, what);
    if let Some(first) = errors.check_template(&text, what).and_then(|it| it.variables().next()) {
        errors
            .add(format!("{what} has the variable `${{{first}}}`; replies cannot have variables"));
    }
    check_length(&text, what, errors);
    text
}

fn check_length(text: &str, what: &str, errors: &mut ValidationErrors) {
    let segments = measure(text).segments;
    if segments > SEGMENTS_MAX {
        errors.add(format!("{what} takes {segments} SMS; the maximum is {SEGMENTS_MAX}"));
    }
}

/// The handbook requires the customer care contact. The message can write it differently from `support`, so the
/// words HELP or STOP are accepted instead, with a warning.
fn check_help(text: &str, support: &str, errors: &mut ValidationErrors) {
    let words = normalized(text);
    if text.is_empty()
        || mentions(text, support)
        || has_word(&words, "help")
        || has_word(&words, "stop")
    {
        return;
    }
    errors.add_with_advice(
        "the help message does not say how to get help or how to stop",
        Advice::SayHelp,
    );
}

fn check_stop(text: &str, errors: &mut ValidationErrors) {
    let words = normalized(text);
    if text.is_empty() || OPT_OUT_PHRASES.iter().any(|ending| words.contains(ending)) {
        return;
    }
    errors.add_with_advice(
        "the stop message does not say that no more messages will be sent",
        Advice::SayStop,
    );
}

/// In lower case, with straight apostrophes and single spaces.
fn normalized(text: &str) -> String {
    let text = text.to_lowercase().replace('\u{2019}', "'");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn has_word(text: &str, word: &str) -> bool {
    text.split(|it: char| !it.is_alphanumeric()).any(|it| it == word)
}

/// Whether `text` contains the letters and digits of `what` in this order. For example, `1-800-555-0199` matches
/// `1 (800) 555 0199`.
fn mentions(text: &str, what: &str) -> bool {
    let letters =
        |it: &str| it.to_lowercase().chars().filter(|it| it.is_alphanumeric()).collect::<String>();
    let what = letters(what);
    !what.is_empty() && letters(text).contains(&what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert() -> Alert {
        Alert {
            program: "Acme Alerts".to_owned(),
            templates: vec!["Acme Alerts: ${item} ships on ${date}".to_owned()],
            help_message: "Acme Alerts: help at 1 (800) 555-0199. Reply STOP to cancel.".to_owned(),
            stop_message: "Acme Alerts: you will get no more messages.".to_owned(),
            frequency: "2 msgs/day".to_owned(),
            support: "1-800-555-0199".to_owned(),
            terms: "https://example.com/terms".to_owned(),
            privacy: "https://example.com/privacy".to_owned(),
        }
    }

    fn refusal(asked: Alert) -> String {
        asked.validated().expect_err("a refusal").to_string()
    }

    #[test]
    fn a_valid_program_has_no_warnings() {
        let it = alert().validated().expect("a program");
        assert_eq!(it, alert());
        assert_eq!(it.warnings(), [""; 0]);
    }

    #[test]
    fn there_are_one_to_six_templates() {
        let with = |count| Alert { templates: vec!["x".to_owned(); count], ..alert() };
        assert!(with(6).validated().is_ok());
        assert_eq!(refusal(with(0)), "nothing was set up: 1 to 6 templates are required, not 0");
        assert_eq!(refusal(with(7)), "nothing was set up: 1 to 6 templates are required, not 7");
    }

    #[test]
    fn each_invalid_template_is_named_by_its_number() {
        let templates =
            ["${a} is fine", " ", "${a", "${}", "${1}", "a\u{7}"].map(str::to_owned).to_vec();
        assert_eq!(
            refusal(Alert { templates, ..alert() }),
            "nothing was set up: 5 errors
template 2 is empty
template 3: the `${` at character 1 has no `}`
template 4: the `${}` at character 1 has no variable name
template 5: `${1}` at character 1 is not a valid variable: a name has 1 to 32 letters, digits and `_`, and begins with a letter
template 6 contains U+0007 (control character) at character 2"
        );
    }

    #[test]
    fn the_help_message_says_how_to_get_help_or_stop() {
        let with = |text: &str| Alert { help_message: text.to_owned(), ..alert() };
        for good in ["Call 1 800 555 0199", "Reply HELP for help", "reply stop to end.", "STOP=end"]
        {
            assert!(with(good).validated().is_ok(), "{good}");
        }
        for bad in ["Acme Alerts", "Unstoppable helpers", "Call 1 800 555 0198"] {
            let errors = with(bad).validated().expect_err(bad);
            assert_eq!(errors.advice(), Some(Advice::SayHelp));
            let error = errors.to_string();
            assert!(error.contains("does not say how to get help or how to stop"), "{error}");
        }
        let error = refusal(with("${company}: reply STOP"));
        assert!(error.contains("the help message has the variable `${company}`"), "{error}");
    }

    #[test]
    fn the_stop_message_confirms_the_opt_out() {
        let with = |text: &str| Alert { stop_message: text.to_owned(), ..alert() };
        for good in [
            "Acme Alerts: no further messages will be sent.",
            "You have been UNSUBSCRIBED",
            "You won’t hear from us again",
            "You have opted\nout",
            "Acme: ya no recibirá mensajes.",
        ] {
            assert!(with(good).validated().is_ok(), "{good}");
        }
        for bad in ["Acme Alerts", "Thank you for your message", "STOP"] {
            let errors = with(bad).validated().expect_err(bad);
            assert_eq!(errors.advice(), Some(Advice::SayStop));
            let error = errors.to_string();
            assert!(error.contains("does not say that no more messages will be sent"), "{error}");
        }
    }

    #[test]
    fn no_text_takes_more_than_ten_sms() {
        let with = |length| Alert { templates: vec!["x".repeat(length)], ..alert() };
        assert!(with(1_530).validated().is_ok());
        assert_eq!(
            refusal(with(1_531)),
            "nothing was set up: template 1 takes 11 SMS; the maximum is 10"
        );
    }

    #[test]
    fn objections_that_a_carrier_may_have_are_warnings() {
        let it = Alert {
            help_message: "For help, see our site. ".repeat(7),
            stop_message: "No more messages.".to_owned(),
            ..alert()
        };
        assert_eq!(
            it.validated().expect("a program").warnings(),
            [
                "the help message does not name the support contact `1-800-555-0199`",
                "the help message does not say that STOP cancels",
                "the help message does not name the program `Acme Alerts`",
                "the help message takes 2 SMS; 1 is usual",
                "the stop message does not name the program `Acme Alerts`",
            ]
        );
    }

    #[test]
    fn every_missing_value_is_reported() {
        let empty = String::new;
        let asked = Alert {
            program: empty(),
            templates: vec![empty()],
            help_message: empty(),
            stop_message: empty(),
            frequency: empty(),
            support: empty(),
            terms: empty(),
            privacy: empty(),
        };
        assert_eq!(
            refusal(asked),
            "nothing was set up: 8 errors
the program is empty
template 1 is empty
the help message is empty
the stop message is empty
the frequency is empty
the support contact is empty
the URL of the terms is empty
the URL of the privacy policy is empty"
        );
    }
}
