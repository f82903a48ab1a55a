//! Reads mail addresses as people write them.

use lettre::Address;
use thiserror::Error;

use crate::text::{is_disruptive, quoted};

/// An address, with the name to show beside it. Internationalised domains are in their ASCII form (`xn--…`).
pub use lettre::message::Mailbox;

/// A text that is not a mail address.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{} is not an address", quoted(.0))]
pub struct NotAnAddress(String);

/// Reads `name@example.com` or `Name <name@example.com>`.
///
/// # Errors
/// [`NotAnAddress`].
pub fn mailbox_of(text: &str) -> Result<Mailbox, NotAnAddress> {
    let refused = || NotAnAddress(text.to_owned());
    let text_in = text.trim();
    let (name, address) = match text_in.strip_suffix('>').and_then(|it| it.rsplit_once('<')) {
        Some((name, address)) => (Some(name.trim().trim_matches('"').trim()), address),
        None => (None, text_in),
    };
    let address = address_of(address).ok_or_else(refused)?;
    let name = name.filter(|name| !name.is_empty());
    let breaks_headers = text_in.chars().any(is_disruptive);
    if breaks_headers || name.is_some_and(|name| name.contains(['<', '>'])) {
        return Err(refused());
    }
    Ok(Mailbox::new(name.map(str::to_owned), address))
}

/// The mailbox of an account. Characters in the name that a screen does not show become spaces.
pub(super) fn mailbox_for(name: &str, email: &str) -> Option<Mailbox> {
    let shown: String = name.chars().map(|c| if is_disruptive(c) { ' ' } else { c }).collect();
    let shown = Some(shown.trim().to_owned()).filter(|name| !name.is_empty());
    Some(Mailbox::new(shown, address_of(email)?))
}

fn address_of(text: &str) -> Option<Address> {
    let (user, domain) = text.trim().rsplit_once('@')?;
    // Characters that could break a header or a command are not allowed.
    let is_plain = |text: &str| !text.chars().any(|c| is_disruptive(c) || c.is_whitespace());
    if !is_plain(user) || !is_plain(domain) {
        return None;
    }
    let domain = match domain.starts_with('[') {
        true => domain.to_owned(),
        false => idna::domain_to_ascii(domain).ok()?,
    };
    Address::new(user, &domain).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_people_write_them() {
        let read = |text| mailbox_of(text).expect("an address").to_string();
        assert_eq!(read("ada@example.com"), "ada@example.com");
        assert_eq!(read(" Billing <billing@example.com> "), "Billing <billing@example.com>");
        assert_eq!(read("\"Billing\" <billing@example.com>"), "Billing <billing@example.com>");
    }

    #[test]
    fn an_internationalised_domain_becomes_ascii() {
        let mailbox = mailbox_of("Zoë <zoë@exämple.org>").expect("an address");
        assert_eq!(mailbox.email.domain(), "xn--exmple-cua.org");
        assert_eq!(mailbox.email.user(), "zoë");
    }

    #[test]
    fn a_text_that_could_break_a_header_is_not_an_address() {
        for text in
            ["", "ada", "a@b\r\nBcc: c@d", "Ada\n <a@b.org>", "<a@b.org", "a b@c.org", "a@", "x <>"]
        {
            assert!(mailbox_of(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_name_that_would_break_a_header_is_made_harmless() {
        let mailbox = mailbox_for("Ada\r\nBcc: x@y.org", "a@b.org").expect("an address");
        assert_eq!(mailbox.name.as_deref(), Some("Ada  Bcc: x@y.org"));
    }
}
