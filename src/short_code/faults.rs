//! What is wrong with a set-up: all of it at once, and what single values have to be.

use std::fmt;

use url::Url;

use super::template::Template;

/// Everything that is wrong with a set-up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults {
    faults: Vec<String>,
    hint: Option<&'static str>,
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nothing was set up: ")?;
        match self.faults.as_slice() {
            [only] => f.write_str(only)?,
            many => write!(f, "{} errors\n{}", many.len(), many.join("\n"))?,
        }
        self.hint.map_or(Ok(()), |hint| write!(f, "\nhint: {hint}"))
    }
}

impl std::error::Error for Faults {}

/// Characters of a name, of a frequency, of a support contact.
const LINE_MAX: usize = 200;
/// Characters of an address on the web, as long as browsers take it.
const LINK_MAX: usize = 2_000;

impl Faults {
    pub(super) fn add(&mut self, fault: impl Into<String>) {
        self.faults.push(fault.into());
    }

    /// Adds a fault, and what to do about it unless an earlier one has said something.
    pub(super) fn add_with_hint(&mut self, fault: impl Into<String>, hint: &'static str) {
        self.add(fault);
        self.hint.get_or_insert(hint);
    }

    pub(super) fn refuse_if_any(self) -> Result<(), Self> {
        if self.faults.is_empty() { Ok(()) } else { Err(self) }
    }

    /// `text` without the space around it, which has to be one line of something.
    pub(super) fn line(&mut self, text: &str, what: &str) -> String {
        let text = text.trim();
        if text.is_empty() {
            self.add(format!("{what} is empty"));
        } else if text.chars().count() > LINE_MAX || text.chars().any(char::is_control) {
            self.add(format!("{what} has 1 to {LINE_MAX} characters on one line"));
        }
        text.to_owned()
    }

    /// `text` without the space around it, which has to be an address of the web as a whole.
    pub(super) fn link(&mut self, text: &str, what: &str) -> String {
        let text = text.trim();
        if text.is_empty() {
            self.add(format!("{what} is empty"));
        } else if !is_link(text) {
            self.add(format!(
                "{what} is `{text}`, and has to be a URL with http:// or https://, for example https://example.com/terms"
            ));
        }
        text.to_owned()
    }

    /// `text` without the space around it, which has to be something that a phone can show.
    pub(super) fn message(&mut self, text: &str, what: &str) -> String {
        let text = text.trim();
        if text.is_empty() {
            self.add(format!("{what} is empty"));
        } else if text.chars().any(|it| it.is_control() && it != '\n') {
            self.add(format!("{what} has a control character"));
        }
        text.to_owned()
    }

    /// The template that `text` is, if it is one.
    pub(super) fn template<'a>(&mut self, text: &'a str, what: &str) -> Option<Template<'a>> {
        match Template::read(text) {
            Ok(template) => Some(template),
            Err(error) => {
                self.add(format!("{what}: {error}"));
                None
            }
        }
    }
}

/// The parser mends what a browser would: a missing slash, space within. Whoever reads the opt-in
/// page shall not have to.
fn is_link(text: &str) -> bool {
    let (scheme, rest) = text.split_once("://").unwrap_or_default();
    let is_whole = ["http", "https"].iter().any(|it| scheme.eq_ignore_ascii_case(it));
    let is_plain = !text.contains(|it: char| it.is_whitespace() || it.is_control() || it == '\\');
    let is_public = |url: Url| url.username().is_empty() && url.password().is_none();
    is_whole
        && is_plain
        && !rest.starts_with('/')
        && text.len() <= LINK_MAX
        && Url::parse(text).is_ok_and(is_public)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_whole_addresses() {
        for good in [
            "https://example.com/terms",
            "http://example.com",
            "HTTPS://Example.com/T?x=1#y",
            "https://münchen.example/agb",
            "https://example.com:8443/%C3%A4",
        ] {
            assert!(is_link(good), "{good}");
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
            assert!(!is_link(bad), "{bad}");
        }
    }

    #[test]
    fn all_faults_are_told_with_the_first_hint() {
        let mut faults = Faults::default();
        assert_eq!(faults.clone().refuse_if_any(), Ok(()));
        faults.line(" ", "the company");
        assert_eq!(faults.to_string(), "nothing was set up: the company is empty");
        faults.add_with_hint("a", "b");
        faults.add_with_hint("c", "d");
        assert_eq!(
            faults.refuse_if_any().map_err(|it| it.to_string()),
            Err("nothing was set up: 3 errors\nthe company is empty\na\nc\nhint: b".to_owned())
        );
    }
}
