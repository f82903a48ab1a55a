//! The replies of a mail server (RFC 5321, 4.2), put together line by line, with bounds: a server cannot make this
//! program keep more than [`LINES_MAX`] lines of [`LINE_MAX`] bytes each.

use std::borrow::Cow;

use thiserror::Error;

use crate::text::storable;

/// The longest line of a reply, in bytes with its end. RFC 5321 allows 512.
pub(super) const LINE_MAX: usize = 4 * 1024;

/// The most lines of one reply. The longest replies are those to EHLO, with some twenty lines.
pub(super) const LINES_MAX: usize = 128;

/// The most characters of a reply that are stored or logged.
pub(super) const WORDS_MAX: usize = 500;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) code: u16,
    /// The text of each line, without the code.
    pub(super) lines: Vec<String>,
}

/// A line that is not part of a reply.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum Malformed {
    #[error("`{0}` is not a reply of a mail server")]
    Line(String),
    #[error("one reply has the codes {0} and {1}")]
    Codes(u16, u16),
    #[error("a reply has more than {LINES_MAX} lines")]
    ManyLines,
}

impl Reply {
    /// Whether the command was accepted, or more is expected (RFC 5321, 4.2.1).
    pub(super) const fn is_positive(&self) -> bool {
        matches!(self.code, 200..=399)
    }

    /// Whether the command can be accepted later.
    pub(super) const fn is_transient(&self) -> bool {
        matches!(self.code, 400..=499)
    }

    /// The reply in one line, with its code.
    pub(super) fn words(&self) -> String {
        storable(&format!("{} {}", self.code, self.lines.join(" ")), WORDS_MAX)
    }
}

/// The lines of a reply that has not ended yet.
#[derive(Debug, Default)]
pub(super) struct PartialReply {
    code: Option<u16>,
    lines: Vec<String>,
}

impl PartialReply {
    /// Adds a line, with or without its end. Returns the reply after its last line.
    pub(super) fn add(&mut self, line: &[u8]) -> Result<Option<Reply>, Malformed> {
        let text = String::from_utf8_lossy(line);
        let text = text.trim_end_matches('\n').trim_end_matches('\r');
        let (code, is_last, words) =
            parts(text).ok_or_else(|| Malformed::Line(storable(text, WORDS_MAX)))?;
        let first = *self.code.get_or_insert(code);
        if first != code {
            return Err(Malformed::Codes(first, code));
        }
        if self.lines.len() == LINES_MAX {
            return Err(Malformed::ManyLines);
        }
        self.lines.push(words.to_owned());
        Ok(is_last.then(|| Reply { code, lines: std::mem::take(&mut self.lines) }))
    }
}

/// The code, whether it is the last line, and the text.
fn parts(line: &str) -> Option<(u16, bool, &str)> {
    let (code, rest) = line.split_at_checked(3)?;
    let is_code =
        code.starts_with(['2', '3', '4', '5']) && code.bytes().all(|b| b.is_ascii_digit());
    let code = code.parse().ok().filter(|_| is_code)?;
    match rest.strip_prefix('-') {
        Some(words) => Some((code, false, words)),
        // The text of a last line may be missing, and its blank too.
        None if rest.is_empty() => Some((code, true, "")),
        None => rest.strip_prefix(' ').map(|words| (code, true, words)),
    }
}

/// What a server offers in its reply to EHLO.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is one keyword of the reply")]
pub(super) struct Offers {
    pub(super) starttls: bool,
    pub(super) pipelining: bool,
    pub(super) smtputf8: bool,
    pub(super) eight_bit_mime: bool,
    pub(super) auth_plain: bool,
    pub(super) auth_login: bool,
}

impl Offers {
    pub(super) fn of(reply: &Reply) -> Self {
        let mut offers = Self::default();
        // The first line has the name of the server.
        for line in reply.lines.iter().skip(1) {
            let mut words = line.split_ascii_whitespace();
            let keyword =
                words.next().map_or(Cow::Borrowed(""), |word| word.to_ascii_uppercase().into());
            match &*keyword {
                "STARTTLS" => offers.starttls = true,
                "PIPELINING" => offers.pipelining = true,
                "SMTPUTF8" => offers.smtputf8 = true,
                "8BITMIME" => offers.eight_bit_mime = true,
                "AUTH" => {
                    for mechanism in words {
                        offers.auth_plain |= mechanism.eq_ignore_ascii_case("PLAIN");
                        offers.auth_login |= mechanism.eq_ignore_ascii_case("LOGIN");
                    }
                }
                _ => {}
            }
        }
        offers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(lines: &[&str]) -> Result<Option<Reply>, Malformed> {
        let mut partial = PartialReply::default();
        let (last, first) = lines.split_last().expect("lines");
        for line in first {
            assert_eq!(partial.add(line.as_bytes())?, None, "{line}");
        }
        partial.add(last.as_bytes())
    }

    #[test]
    fn a_reply_ends_with_the_line_that_has_a_blank_after_the_code() {
        let whole = reply(&["250-mail.example\r\n", "250-SIZE 10\r\n", "250 HELP\r\n"]);
        let lines = ["mail.example", "SIZE 10", "HELP"].map(str::to_owned).to_vec();
        assert_eq!(whole, Ok(Some(Reply { code: 250, lines })));
        for short in ["354\r\n", "354 \r\n", "354 \n"] {
            assert_eq!(reply(&[short]), Ok(Some(Reply { code: 354, lines: vec![String::new()] })));
        }
    }

    #[test]
    fn a_line_without_a_code_is_malformed() {
        for line in ["", "25", "HTTP/1.1 400 Bad Request", "250_x", "150 x", "650 x", "2\u{f6}0 x"]
        {
            assert_eq!(reply(&[line]), Err(Malformed::Line(line.to_owned())), "{line}");
        }
        assert_eq!(reply(&["250-a", "550 b"]), Err(Malformed::Codes(250, 550)));
    }

    #[test]
    fn a_reply_has_at_most_so_many_lines() {
        let mut partial = PartialReply::default();
        for _ in 0..LINES_MAX {
            assert_eq!(partial.add(b"220-again\r\n"), Ok(None));
        }
        assert_eq!(partial.add(b"220-again\r\n"), Err(Malformed::ManyLines));
    }

    #[test]
    fn the_words_of_a_reply_are_one_short_line() {
        let lines = vec!["5.7.1 no\u{7}".to_owned(), "x".repeat(LINE_MAX)];
        let words = Reply { code: 550, lines }.words();
        assert!(words.starts_with("550 5.7.1 no\u{fffd} xxx"), "{words}");
        assert_eq!(words.chars().count(), WORDS_MAX);
    }

    #[test]
    fn offers_are_read_whatever_their_case() {
        let lines =
            ["x STARTTLS", "pipelining", "AUTH plain LOGIN", "SIZE 1", "8BITMIME", "starttls"];
        let offers = Offers::of(&Reply { code: 250, lines: lines.map(str::to_owned).to_vec() });
        let wanted = Offers {
            starttls: true,
            pipelining: true,
            smtputf8: false,
            eight_bit_mime: true,
            auth_plain: true,
            auth_login: true,
        };
        assert_eq!(offers, wanted);
    }
}
