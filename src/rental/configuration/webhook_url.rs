//! The URL of a webhook.

use std::fmt;
use std::str::FromStr;

use url::{Host, Position, Url};

use super::Unusable;
use crate::text::is_disruptive;

/// An `http` or `https` URL in its one normal form, so that what is checked is what is called later:
/// `http://0x7f000001` reads `http://127.0.0.1/`.
///
/// Its path and query may hold tokens. Only data shows them; errors and logs have its [`Place`].
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookUrl(Url);

/// Whom a URL speaks to, `https://hooks.example.com:8443`, without what it says there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place(String);

impl WebhookUrl {
    /// More than any server has to take (RFC 9110 asks for 8000; browsers and proxies end at 2000).
    pub const LENGTH_MAX: usize = 2_000;

    /// The whole of it.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// A name, or an address that was written out.
    pub fn host(&self) -> Host<&str> {
        self.0.host().expect("what is without a host was refused when it was read")
    }

    /// Scheme, host and port.
    pub fn place(&self) -> Place {
        Place(self.0[..Position::BeforePath].to_owned())
    }

    /// Where an answer's `Location` leads from here.
    ///
    /// # Errors
    /// [`Unusable`] as for any other.
    pub fn join(&self, location: &str) -> Result<Self, Unusable> {
        let mut url = self.0.join(location).map_err(|_| Unusable::NotAUrl)?;
        // A browser's matter, which a server is never sent.
        url.set_fragment(None);
        url.as_str().parse()
    }
}

impl FromStr for WebhookUrl {
    type Err = Unusable;

    /// Stricter than browsers, which mend what they are given: a URL with a line's end or a backslash
    /// was meant to be another.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let too_long = Unusable::TooLong { max: Self::LENGTH_MAX };
        if text.len() > Self::LENGTH_MAX {
            return Err(too_long);
        }
        if text.chars().any(|c| is_disruptive(c) || c.is_whitespace() || c == '\\') {
            return Err(Unusable::ForbiddenCharacter);
        }
        let Some((scheme, rest)) = text.split_once("://") else { return Err(Unusable::NotAUrl) };
        if !["http", "https"].iter().any(|it| scheme.eq_ignore_ascii_case(it)) {
            return Err(Unusable::OtherScheme);
        }
        // A third slash would be skipped, and what was meant for the path taken for the host.
        if rest.starts_with('/') {
            return Err(Unusable::NotAUrl);
        }
        let url = Url::parse(text).map_err(|_| Unusable::NotAUrl)?;
        if url.host_str().is_none_or(str::is_empty) || url.port() == Some(0) {
            return Err(Unusable::NotAUrl);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Unusable::HasCredentials);
        }
        if url.fragment().is_some() {
            return Err(Unusable::HasFragment);
        }
        // Its normal form may be longer: each letter beyond ASCII takes six characters or more.
        if url.as_str().len() > Self::LENGTH_MAX {
            return Err(too_long);
        }
        Ok(Self(url))
    }
}

/// Of its place alone.
impl fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookUrl({}…)", self.place())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn it_has_one_form_however_it_was_written() {
        for (text, expected) in [
            ("https://hooks.example.com", "https://hooks.example.com/"),
            ("HTTPS://Hooks.Example.COM:443/In?token=A", "https://hooks.example.com/In?token=A"),
            ("http://0x7f000001/", "http://127.0.0.1/"),
            ("http://127.1/", "http://127.0.0.1/"),
            ("http://2130706433/", "http://127.0.0.1/"),
            ("http://0177.0.0.1./", "http://127.0.0.1/"),
            ("http://１２７.0.0.1/", "http://127.0.0.1/"),
            ("http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/"),
            ("https://bücher.example/", "https://xn--bcher-kva.example/"),
            ("http://@a.example/", "http://a.example/"),
            ("http://a.example/a/../b", "http://a.example/b"),
        ] {
            assert_eq!(text.parse::<WebhookUrl>().expect(text).as_str(), expected);
        }
    }

    #[test]
    fn what_cannot_be_a_webhook_is_refused_without_being_repeated() {
        let long = format!("https://a.example/{}", "x".repeat(2_000));
        let grown = format!("https://a.example/{}", "ü".repeat(500));
        for text in [
            "",
            "hooks.example.com",
            "https:",
            "https://",
            "https:hooks.example.com",
            "https:///path",
            "https://?token",
            "ftp://a.example/",
            "file:///etc/passwd",
            "javascript://a.example/%0aalert(1)",
            "gopher://a.example/",
            "https://user:secret@a.example/",
            "https://user@a.example/",
            "https://:secret@a.example/",
            "https://a.example/#secret",
            "https://a.example/a b",
            "https://a.example/\r\nHost: b.example",
            "https://a.example\\@b.example/",
            " https://a.example/",
            "https://a.example/\u{85}",
            "https://a.example:0/",
            "https://a.example:65536/",
            "https://256.0.0.1/",
            "https://[::1/",
            "https://a_%00.example/",
            &long,
            &grown,
        ] {
            let refusal = text.parse::<WebhookUrl>().expect_err(text).to_string();
            assert!(!refusal.contains("secret"), "{refusal}");
        }
    }

    #[test]
    fn errors_and_logs_have_its_place_alone() {
        let url: WebhookUrl = "https://a.example:8443/t0ken?key=t0ken".parse().expect("a URL");
        assert_eq!(url.place().to_string(), "https://a.example:8443");
        assert_eq!(format!("{url:?}"), "WebhookUrl(https://a.example:8443…)");
    }

    #[test]
    fn a_location_leads_on_from_where_it_was_said() {
        let from: WebhookUrl = "https://a.example/x/y?q".parse().expect("a URL");
        let led = |location| from.join(location).map(|it| it.as_str().to_owned());
        assert_eq!(led("../z#part"), Ok("https://a.example/z".to_owned()));
        assert_eq!(led("//b.example"), Ok("https://b.example/".to_owned()));
        for location in ["file:///etc/passwd", "http://u:p@b.example/", "data:,x", "http://[/"] {
            assert!(led(location).is_err(), "{location}");
        }
    }

    proptest! {
        #[test]
        fn what_it_is_written_as_is_read_as_the_same(text in "https?://[a-z0-9.\\[\\]:@%-]{1,20}(/\\PC{0,20})?") {
            if let Ok(url) = text.parse::<WebhookUrl>() {
                prop_assert_eq!(url.as_str().parse::<WebhookUrl>(), Ok(url.clone()));
                prop_assert!(url.as_str().bytes().all(|byte| byte.is_ascii_graphic()));
            }
        }
    }
}
