//! A SIP address that calls are sent to.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use super::Unusable;

/// `sip:` or `sips:`, a user, a host, and where wanted a port and parameters (RFC 3261, 19.1). The scheme and
/// the host are in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SipAddress(String);

const LENGTH_MAX: usize = 255;

impl SipAddress {
    /// The whole of it, with its scheme.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Takes it without the scheme, too.
impl FromStr for SipAddress {
    type Err = Unusable;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > LENGTH_MAX {
            return Err(Unusable::NotASipAddress);
        }
        let (scheme, rest) = match text.split_once(':') {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("sip") => ("sip", rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("sips") => ("sips", rest),
            _ => ("sip", text),
        };
        let (user, rest) = rest.split_once('@').ok_or(Unusable::NotASipAddress)?;
        let (place, parameters) = rest.split_at(rest.find(';').unwrap_or(rest.len()));
        if !is_user(user) || !is_place(place) || !are_parameters(parameters) {
            return Err(Unusable::NotASipAddress);
        }
        let place = place.to_ascii_lowercase();
        Ok(Self(format!("{scheme}:{user}@{place}{parameters}")))
    }
}

/// Without a password, which RFC 3261 itself advises against.
fn is_user(text: &str) -> bool {
    !text.is_empty() && is_made_of(text, b"-_.!~*'()&=+$,;?/")
}

/// A host, and where wanted a port.
fn is_place(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, port)) => (address.parse::<Ipv6Addr>().is_ok(), port),
        None => {
            let (host, port) = text.split_at(text.find(':').unwrap_or(text.len()));
            (is_name(host) || host.parse::<Ipv4Addr>().is_ok(), port)
        }
    };
    let is_port = |text: &str| {
        text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u16>().is_ok_and(|it| it > 0)
    };
    host && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
}

/// A name of the DNS, whose last label has a letter at its beginning: no address of some other kind.
fn is_name(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.split('.').all(is_label)
        && text
            .rsplit('.')
            .next()
            .is_some_and(|it| it.starts_with(|c: char| c.is_ascii_alphabetic()))
}

fn are_parameters(text: &str) -> bool {
    text.split(';').skip(1).all(|parameter| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, "-"));
        [name, value].iter().all(|it| !it.is_empty() && is_made_of(it, b"-_.!~*'()[]/:&+$"))
    })
}

/// Templates, digits, `marks`, and octets written as `%2F`.
fn is_made_of(text: &str, marks: &[u8]) -> bool {
    let mut pieces = text.split('%');
    let is_plain = |piece: &str| {
        piece.bytes().all(|byte| byte.is_ascii_alphanumeric() || marks.contains(&byte))
    };
    let is_octet =
        |piece: &str| piece.get(..2).is_some_and(|it| it.bytes().all(|b| b.is_ascii_hexdigit()));
    pieces.next().is_none_or(is_plain) && pieces.all(|piece| is_octet(piece) && is_plain(piece))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_with_and_without_their_scheme() {
        for (text, expected) in [
            ("sip:alice@example.com", "sip:alice@example.com"),
            ("alice@example.com", "sip:alice@example.com"),
            (
                "SIPS:Alice@Example.COM:5061;transport=tcp",
                "sips:Alice@example.com:5061;transport=tcp",
            ),
            ("+447700900001@10.0.0.1", "sip:+447700900001@10.0.0.1"),
            ("sip:alice@[2001:DB8::1]:5060", "sip:alice@[2001:db8::1]:5060"),
            ("sip:a%20b;x=1@pbx", "sip:a%20b;x=1@pbx"),
            ("alice@example.com;lr", "sip:alice@example.com;lr"),
        ] {
            assert_eq!(text.parse::<SipAddress>().expect(text).as_str(), expected);
        }
    }

    #[test]
    fn what_is_none_is_refused() {
        let long = format!("sip:{}@example.com", "a".repeat(255));
        for text in [
            "",
            "sip:",
            "sip:example.com",
            "alice@",
            "@example.com",
            "sip:alice:secret@example.com",
            "tel:447700900001",
            "mailto:alice@example.com",
            "https://alice@example.com/",
            "sip:alice@exa mple.com",
            "sip:alice@example.com\r\nVia: x",
            "sip:alice@example.com:0",
            "sip:alice@example.com:65536",
            "sip:alice@example.com:+1",
            "sip:alice@example.com:",
            "sip:alice@example..com",
            "sip:alice@-example.com",
            "sip:alice@1.2.3",
            "sip:alice@256.1.1.1",
            "sip:alice@[::1",
            "sip:alice@[127.0.0.1]",
            "sip:alice@example.com;",
            "sip:alice@example.com;=x",
            "sip:alice@example.com?subject=x",
            "sip:ali%zzce@example.com",
            "sip:ali%2@example.com",
            "sip:älice@example.com",
            "sip:alice@a@b",
            &long,
        ] {
            assert!(text.parse::<SipAddress>().is_err(), "{text}");
        }
    }
}
