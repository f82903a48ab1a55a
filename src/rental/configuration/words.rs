//! The application a number belongs to, and its type over SMPP.

use std::str::FromStr;

use super::Unusable;

/// What an application is called where it runs, for example a UUID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application(String);

impl Application {
    const LENGTH_MAX: usize = 64;

    /// Its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Application {
    type Err = Unusable;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
        if text.is_empty() || text.len() > Self::LENGTH_MAX || !text.bytes().all(is_letter) {
            return Err(Unusable::NotAnApplication);
        }
        Ok(Self(text.to_owned()))
    }
}

/// The `system_type` of SMPP 3.4 (5.2.3): at most 12 characters, since the 13th octet ends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmppSystemType(String);

impl SmppSystemType {
    const LENGTH_MAX: usize = 12;

    /// Its characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SmppSystemType {
    type Err = Unusable;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_character = |byte: u8| byte.is_ascii_graphic();
        if text.is_empty() || text.len() > Self::LENGTH_MAX || !text.bytes().all(is_character) {
            return Err(Unusable::NotASystemType);
        }
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_application_is_a_short_word() {
        for text in ["crm", "0b5d7a5c-94b2-4d8e-8b5e-7a2d1c3f4e5a", &"a".repeat(64)] {
            assert_eq!(text.parse::<Application>().expect(text).as_str(), text);
        }
        for text in ["", " ", "a b", "a\u{0}", "a\n", "ä", "a/b", "\u{1b}[31m", &"a".repeat(65)] {
            assert!(text.parse::<Application>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_system_type_has_room_in_a_pdu() {
        for text in ["inbound", "VMS", "123456789012", "a/b"] {
            assert_eq!(text.parse::<SmppSystemType>().expect(text).as_str(), text);
        }
        for text in ["", "1234567890123", "a b", "a\u{0}", "a\r\n", "é", "\u{7f}"] {
            assert!(text.parse::<SmppSystemType>().is_err(), "{text:?}");
        }
    }
}
