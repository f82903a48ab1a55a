//! The set-up for alerts: a program of messages that people opt in to and out of.
//!
//! What is refused is what no carrier would let pass or nobody could send; what a carrier's reviewer
//! may object to is warned of, since a program cannot judge every way of saying it.

use serde::{Deserialize, Serialize};

use super::faults::Faults;
use super::sms::measure;

/// A program and its texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// What people opt in to, by its name.
    pub program: String,
    /// What is sent: one to six templates, with variables of their own.
    pub templates: Vec<String>,
    /// The answer to HELP.
    pub help_message: String,
    /// The answer to STOP.
    pub stop_message: String,
    /// How often messages come, in words: `2 msgs/day`.
    pub frequency: String,
    /// Where people get help: an address, a telephone number.
    pub support: String,
    /// Where the terms of service are.
    pub terms: String,
    /// Where the privacy policy is.
    pub privacy: String,
}

/// Templates of one set-up.
pub const TEMPLATES_MAX: usize = 6;
/// SMS that one text may take: carriers put no more than these together again reliably.
pub const SEGMENTS_MAX: usize = 10;

/// Words that say that no more messages come, in the languages of American programs. Curly
/// apostrophes are read as plain ones.
const ENDINGS: [&str; 20] = [
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
    /// The same without space around its values, if it keeps the rules: one to six templates with
    /// well-formed variables; a help message that says how to get help or to stop; a stop message
    /// that says that no more messages come; nothing that takes more than ten SMS.
    ///
    /// # Errors
    /// [`Faults`], all of them.
    pub fn checked(self) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let program = faults.line(&self.program, "the program");
        let templates: Vec<_> = self
            .templates
            .iter()
            .zip(1..)
            .map(|(text, number)| template(text, number, &mut faults))
            .collect();
        if templates.is_empty() || templates.len() > TEMPLATES_MAX {
            faults
                .add(format!("1 to {TEMPLATES_MAX} templates are needed, not {}", templates.len()));
        }
        let help_message = answer(&self.help_message, "the help message", &mut faults);
        let stop_message = answer(&self.stop_message, "the stop message", &mut faults);
        let frequency = faults.line(&self.frequency, "the frequency");
        let support = faults.line(&self.support, "the support contact");
        let terms = faults.link(&self.terms, "the URL of the terms");
        let privacy = faults.link(&self.privacy, "the URL of the privacy policy");
        check_help(&help_message, &support, &mut faults);
        check_stop(&stop_message, &mut faults);
        faults.refuse_if_any()?;
        Ok(Self {
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

    /// What carriers may object to, and what costs more than it has to.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        let help = plain(&self.help_message);
        if !names(&self.help_message, &self.support) {
            warnings.push(format!(
                "the help message does not name the support contact `{}`",
                self.support
            ));
        }
        if !has_word(&help, "stop") {
            warnings.push("the help message does not say that STOP ends the messages".to_owned());
        }
        for (what, text) in [("help", &self.help_message), ("stop", &self.stop_message)] {
            if !names(text, &self.program) {
                warnings.push(format!(
                    "the {what} message does not name the program `{}`",
                    self.program
                ));
            }
            let segments = measure(text).segments;
            if segments > 1 {
                warnings.push(format!("the {what} message takes {segments} SMS, one is usual"));
            }
        }
        warnings
    }
}

/// One of the messages that are sent.
fn template(text: &str, number: usize, faults: &mut Faults) -> String {
    let what = format!("template {number}");
    let text = faults.message(text, &what);
    faults.template(&text, &what);
    check_length(&text, &what, faults);
    text
}

/// One of the answers, in which nothing could be filled in.
fn answer(text: &str, what: &str, faults: &mut Faults) -> String {
    let text = faults.message(text, what);
    if let Some(first) = faults.template(&text, what).and_then(|it| it.variables().next()) {
        faults.add(format!("{what} has the variable `${{{first}}}`, and answers have none"));
    }
    check_length(&text, what, faults);
    text
}

fn check_length(text: &str, what: &str, faults: &mut Faults) {
    let segments = measure(text).segments;
    if segments > SEGMENTS_MAX {
        faults.add(format!("{what} takes {segments} SMS, {SEGMENTS_MAX} at most can be sent"));
    }
}

/// The handbook asks for the customer care contact. Where that is written in another way than it was
/// given here, the words HELP or STOP are taken for it, and a warning tells.
fn check_help(text: &str, support: &str, faults: &mut Faults) {
    let words = plain(text);
    if text.is_empty()
        || names(text, support)
        || has_word(&words, "help")
        || has_word(&words, "stop")
    {
        return;
    }
    faults.add_with_hint(
        "the help message says neither how to get help nor how to stop",
        "write for example `Acme Alerts: help at help@example.com. Reply STOP to cancel.`",
    );
}

fn check_stop(text: &str, faults: &mut Faults) {
    let words = plain(text);
    if text.is_empty() || ENDINGS.iter().any(|ending| words.contains(ending)) {
        return;
    }
    faults.add_with_hint(
        "the stop message does not say that no more messages come",
        "write for example `Acme Alerts: you are unsubscribed and will receive no more messages.`",
    );
}

/// In lower case, with plain apostrophes and single spaces.
fn plain(text: &str) -> String {
    let text = text.to_lowercase().replace('\u{2019}', "'");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn has_word(plain: &str, word: &str) -> bool {
    plain.split(|it: char| !it.is_alphanumeric()).any(|it| it == word)
}

/// Whether `text` names `what`, however either is spaced and written: `1-800-555-0199` is
/// `1 (800) 555 0199`.
fn names(text: &str, what: &str) -> bool {
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
        asked.checked().expect_err("a refusal").to_string()
    }

    #[test]
    fn a_good_one_needs_no_warning() {
        let it = alert().checked().expect("a set-up");
        assert_eq!(it, alert());
        assert_eq!(it.warnings(), [""; 0]);
    }

    #[test]
    fn there_are_one_to_six_templates() {
        let with = |count| Alert { templates: vec!["x".to_owned(); count], ..alert() };
        assert!(with(6).checked().is_ok());
        assert_eq!(refusal(with(0)), "nothing was set up: 1 to 6 templates are needed, not 0");
        assert_eq!(refusal(with(7)), "nothing was set up: 1 to 6 templates are needed, not 7");
    }

    #[test]
    fn each_broken_template_is_told_by_its_number() {
        let templates =
            ["${a} is fine", " ", "${a", "${}", "${1}", "a\u{7}"].map(str::to_owned).to_vec();
        assert_eq!(
            refusal(Alert { templates, ..alert() }),
            "nothing was set up: 5 errors
template 2 is empty
template 3: the `${` at character 1 has no `}`
template 4: the `${}` at character 1 names no variable
template 5: `${1}` at character 1 is not a variable: a name has 1 to 32 letters, digits and `_`, and begins with a letter
template 6 has a control character"
        );
    }

    #[test]
    fn the_help_message_says_how_to_get_help_or_stop() {
        let with = |text: &str| Alert { help_message: text.to_owned(), ..alert() };
        for good in ["Call 1 800 555 0199", "Reply HELP for help", "reply stop to end.", "STOP=end"]
        {
            assert!(with(good).checked().is_ok(), "{good}");
        }
        for bad in ["Acme Alerts", "Unstoppable helpers", "Call 1 800 555 0198"] {
            let told = refusal(with(bad));
            assert!(
                told.contains("says neither how to get help nor how to stop\nhint: "),
                "{told}"
            );
        }
        let told = refusal(with("${company}: reply STOP"));
        assert!(told.contains("the help message has the variable `${company}`"), "{told}");
    }

    #[test]
    fn the_stop_message_says_that_no_more_come() {
        let with = |text: &str| Alert { stop_message: text.to_owned(), ..alert() };
        for good in [
            "Acme Alerts: no further messages will be sent.",
            "You have been UNSUBSCRIBED",
            "You won’t hear from us again",
            "You have opted\nout",
            "Acme: ya no recibirá mensajes.",
        ] {
            assert!(with(good).checked().is_ok(), "{good}");
        }
        for bad in ["Acme Alerts", "Thank you for your message", "STOP"] {
            let told = refusal(with(bad));
            assert!(told.contains("does not say that no more messages come\nhint: "), "{told}");
        }
    }

    #[test]
    fn no_text_takes_more_than_ten_sms() {
        let with = |length| Alert { templates: vec!["x".repeat(length)], ..alert() };
        assert!(with(1_530).checked().is_ok());
        assert_eq!(
            refusal(with(1_531)),
            "nothing was set up: template 1 takes 11 SMS, 10 at most can be sent"
        );
    }

    #[test]
    fn what_a_carrier_may_object_to_is_warned_of() {
        let it = Alert {
            help_message: "For help, see our site. ".repeat(7),
            stop_message: "No more messages.".to_owned(),
            ..alert()
        };
        assert_eq!(
            it.checked().expect("a set-up").warnings(),
            [
                "the help message does not name the support contact `1-800-555-0199`",
                "the help message does not say that STOP ends the messages",
                "the help message does not name the program `Acme Alerts`",
                "the help message takes 2 SMS, one is usual",
                "the stop message does not name the program `Acme Alerts`",
            ]
        );
    }

    #[test]
    fn everything_missing_is_told_at_once() {
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
