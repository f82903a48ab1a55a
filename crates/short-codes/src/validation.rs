//! Collects all errors of a program, and checks single values.

use std::fmt;

use linerent_core::text::{check_line, check_lines, is_disruptive, quoted};
use url::Url;

use crate::template::Template;

/// What can be done about an error; the interface puts it into words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// The message needs the variable `${pin}`, which a shell may have replaced.
    WritePin,
    /// The help message needs to say how to get help or how to stop.
    SayHelp,
    /// The stop message needs to say that no more messages come.
    SayStop,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ValidationErrors {
    errors: Vec<String>,
    /// Of the first error that has one.
    advice: Option<Advice>,
}

impl fmt::Display for ValidationErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nothing was set up: ")?;
        match self.errors.as_slice() {
            [only] => f.write_str(only)?,
            many => write!(f, "{} errors\n{}", many.len(), many.join("\n"))?,
        }
        Ok(())
    }
}

impl std::error::Error for ValidationErrors {}

/// The maximum length of a name, a frequency or a support contact, in characters.
const LINE_MAX: usize = 200;
/// The maximum length of a message in characters: more than ten SMS hold.
const MESSAGE_MAX: usize = 5_000;
/// The maximum length of a URL in bytes; browsers accept no longer ones.
const URL_MAX: usize = 2_000;

impl ValidationErrors {
    pub(crate) fn add(&mut self, error: impl Into<String>) {
        self.errors.push(error.into());
    }

    pub(crate) fn add_with_advice(&mut self, error: impl Into<String>, advice: Advice) {
        self.add(error);
        self.advice.get_or_insert(advice);
    }

    /// What can be done about the first error about which something can be said.
    pub const fn advice(&self) -> Option<Advice> {
        self.advice
    }

    /// `value` if there are no errors.
    pub(crate) fn into_result<T>(self, value: T) -> Result<T, Self> {
        if self.errors.is_empty() { Ok(value) } else { Err(self) }
    }

    /// Trims `text`, which must be one line and not empty.
    pub(crate) fn check_line(&mut self, text: &str, what: &str) -> String {
        let text = text.trim();
        if text.is_empty() {
            self.add(format!("{what} is empty"));
        } else if let Err(error) = check_line(text, LINE_MAX) {
            self.add(format!("{what} {error}; use 1 to {LINE_MAX} characters on one line"));
        }
        text.to_owned()
    }

    /// Trims `text`, which must be an absolute URL.
    pub(crate) fn check_url(&mut self, text: &str, what: &str) -> String {
        let text = text.trim();
        if text.is_empty() {
            self.add(format!("{what} is empty"));
        } else if !is_url(text) {
            self.add(format!(
                "{what} is {}; it must begin with http:// or https://, for example https://example.com/terms",
                quoted(text)
            ));
        }
        text.to_owned()
    }

    /// Trims `text`, which must be a message that a phone can show.
    pub(crate) fn check_message(&mut self, text: &str, what: &str) -> String {
        let text = text.trim();
        if text.is_empty() {
            self.add(format!("{what} is empty"));
        } else if let Err(error) = check_lines(text, MESSAGE_MAX) {
            self.add(format!("{what} {error}"));
        }
        text.to_owned()
    }

    pub(crate) fn check_template<'a>(&mut self, text: &'a str, what: &str) -> Option<Template<'a>> {
        match Template::parse(text) {
            Ok(template) => Some(template),
            Err(error) => {
                self.add(format!("{what}: {error}"));
                None
            }
        }
    }
}

/// The URL parser repairs what a browser would, for example a missing slash or spaces. Such a URL is not accepted,
/// because it is printed on the opt-in page.
fn is_url(text: &str) -> bool {
    let (scheme, rest) = text.split_once("://").unwrap_or_default();
    let has_scheme = ["http", "https"].iter().any(|it| scheme.eq_ignore_ascii_case(it));
    let is_plain = !text.contains(|it: char| it.is_whitespace() || is_disruptive(it) || it == '\\');
    let has_no_user = |url: Url| url.username().is_empty() && url.password().is_none();
    has_scheme
        && is_plain
        && !rest.starts_with('/')
        && text.len() <= URL_MAX
        && Url::parse(text).is_ok_and(has_no_user)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_absolute_http_urls_are_accepted() {
        for good in [
            "https://example.com/terms",
            "http://example.com",
            "HTTPS://Example.com/T?x=1#y",
            "https://münchen.example/agb",
            "https://example.com:8443/%C3%A4",
        ] {
            assert!(is_url(good), "{good}");
        }
        for bad in [
            "example.com/terms",
            "ftp://example.com/terms",
            "https:example.com",
            "https:///terms",
            "https://",
            "https://exa mple.com",
            "https://example.com/te\trms",
            "https://user@example.com/",
            "https://:word@example.com/",
            "https://?x",
            "https://example.com:99999/",
            "http://[::1",
            "https:\\\\example.com",
            "javascript:alert(1)",
        ] {
            assert!(!is_url(bad), "{bad}");
        }
    }

    #[test]
    fn all_errors_are_listed_with_the_first_advice() {
        let mut errors = ValidationErrors::default();
        assert_eq!(errors.clone().into_result(7), Ok(7));
        errors.check_line(" ", "the company");
        assert_eq!(errors.to_string(), "nothing was set up: the company is empty");
        errors.add_with_advice("a", Advice::SayHelp);
        errors.add_with_advice("c", Advice::SayStop);
        assert_eq!(errors.advice(), Some(Advice::SayHelp));
        assert_eq!(
            errors.into_result(()).map_err(|it| it.to_string()),
            Err("nothing was set up: 3 errors\nthe company is empty\na\nc".to_owned())
        );
    }
}
