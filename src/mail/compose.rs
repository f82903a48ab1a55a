//! Composes a mail: the rendered template, the headers, and the signature.

use std::time::SystemTime;

use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, MessageBuilder, MultiPart, MultiPartKind, SinglePart};
use lettre::{Address, Message};
use thiserror::Error;

use super::Mailer;
use super::address::{Mailbox, mailbox_for};
use super::templates::{Reader, RenderedEmail, TemplateError};
use crate::clock::Moment;
use crate::notice::{Addressee, Content, NoticeId};
use crate::text::quoted;

/// A composed mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Unique; can be the name of a file.
    pub name: String,
    pub from: Address,
    pub to: Address,
    pub subject: String,
    /// The message (RFC 5322), with CRLF at the end of each line.
    pub bytes: Vec<u8>,
}

/// The notice that a mail is composed of.
#[derive(Debug, Clone, Copy)]
pub struct EmailSource<'a> {
    pub id: NoticeId,
    /// The random number of the notice, which makes the name of the mail unique.
    pub token: i64,
    /// The date of the mail, so that the mail is the same each time it is composed.
    pub queued: Moment,
    pub content: &'a Content,
    /// The name and address of the account; `None` for the operator.
    pub owner: Option<(&'a str, &'a str)>,
}

/// Why a mail cannot be composed.
#[derive(Debug, Error)]
pub enum NotComposed {
    #[error("there is no recipient: `mail.operator` is not set")]
    NoOperator,
    #[error("{} is not a valid mail address", quoted(.0))]
    Address(String),
    #[error("its account does not exist")]
    NoAccount,
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The text or a header cannot be part of a mail.
    #[error("the mail cannot be composed: {0}")]
    Message(String),
}

impl NotComposed {
    /// Whether another attempt fails too, unless the account or the configuration is changed.
    pub const fn is_permanent(&self) -> bool {
        matches!(
            self,
            Self::Address(_)
                | Self::NoAccount
                | Self::NoOperator
                | Self::Template(TemplateError::Exhausted { .. })
        )
    }
}

impl Mailer {
    /// Composes the mail of a notice.
    ///
    /// # Errors
    /// [`NotComposed`].
    pub fn compose(&self, draft: &EmailSource<'_>) -> Result<Mail, NotComposed> {
        let to = self.recipient(draft)?;
        let reader = match (draft.id.to, draft.owner) {
            (Addressee::Account(account), Some((name, _))) => Some(Reader { account, name }),
            _ => None,
        };
        let letter = self.letters.write(draft.content, draft.id, reader)?;
        let name = format!("{}.{:016x}", draft.id.to_string().replace('/', "."), draft.token);
        let mut head = self.head(&to, &letter.subject, &name, draft.queued);
        if draft.id.kind.is_optional() {
            head = head.raw_header(self.unsubscribe(draft.id));
        }
        let message = head.multipart(body(&letter, draft.token));
        self.finish(
            message.map_err(|error| NotComposed::Message(error.to_string()))?,
            &to,
            name,
            letter.subject,
        )
    }

    /// Composes a test mail.
    ///
    /// # Errors
    /// [`NotComposed`].
    pub fn compose_test(&self, to: &Mailbox, token: i64, now: Moment) -> Result<Mail, NotComposed> {
        let subject = "A test of linerent's mail".to_owned();
        let name = format!("test.{}.{token:016x}", now.on);
        let text = format!(
            "This is a test mail of linerent. It shows that mails arrive.\n\n\
             It was sent by the transport `{}`.\n",
            self.transport.name()
        );
        let message = self.head(to, &subject, &name, now).singlepart(SinglePart::plain(text));
        self.finish(
            message.map_err(|error| NotComposed::Message(error.to_string()))?,
            to,
            name,
            subject,
        )
    }

    fn recipient(&self, draft: &EmailSource<'_>) -> Result<Mailbox, NotComposed> {
        match (draft.id.to, draft.owner) {
            (Addressee::Operator, _) => {
                self.settings.operator.clone().ok_or(NotComposed::NoOperator)
            }
            (Addressee::Account(_), None) => Err(NotComposed::NoAccount),
            (Addressee::Account(_), Some((name, email))) => {
                mailbox_for(name, email).ok_or_else(|| NotComposed::Address(email.to_owned()))
            }
        }
    }

    /// The headers of every mail. `Auto-Submitted` prevents vacation replies.
    fn head(&self, to: &Mailbox, subject: &str, name: &str, moment: Moment) -> MessageBuilder {
        let id = format!("<{name}@{}>", self.settings.from.email.domain());
        let mut head = Message::builder()
            .from(self.settings.from.clone())
            .to(to.clone())
            .subject(subject)
            .date(SystemTime::from(moment.at))
            .message_id(Some(id))
            .raw_header(header("Auto-Submitted", "auto-generated".to_owned()));
        if let Some(reply_to) = &self.settings.reply_to {
            head = head.reply_to(reply_to.clone());
        }
        head
    }

    /// To unsubscribe, the reader sends a mail to the address for answers (RFC 2369).
    fn unsubscribe(&self, id: NoticeId) -> HeaderValue {
        let address = &self.settings.answers_go_to().email;
        let (kind, key) = (id.kind, id.to);
        header(
            "List-Unsubscribe",
            format!("<mailto:{address}?subject=unsubscribe%20{kind}%20{key}>"),
        )
    }

    fn finish(
        &self,
        mut message: Message,
        to: &Mailbox,
        name: String,
        subject: String,
    ) -> Result<Mail, NotComposed> {
        if let Some(signer) = &self.signer {
            signer.sign(&mut message);
        }
        let (from, to) = (self.settings.from.email.clone(), to.email.clone());
        Ok(Mail { name, from, to, subject, bytes: message.formatted() })
    }
}

fn header(name: &'static str, value: String) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value)
}

/// The mail as plain text and as HTML. The boundaries contain the notice's token, so that the mail is the same each
/// time it is composed.
fn body(letter: &RenderedEmail, token: i64) -> MultiPart {
    MultiPart::builder()
        .kind(MultiPartKind::Alternative)
        .boundary(format!("_alternative_{token:016x}_"))
        .singlepart(SinglePart::plain(letter.text.clone()))
        .singlepart(page(&letter.html))
}

/// A page in ASCII is sent unencoded. lettre would use quoted-printable for lines of more than 76 characters, which
/// takes as long as composing the rest of a mail.
fn page(html: &str) -> SinglePart {
    let Some(bytes) = in_ascii(html) else { return SinglePart::html(html.to_owned()) };
    let body = Body::dangerous_pre_encoded(bytes, ContentTransferEncoding::SevenBit);
    SinglePart::builder().header(ContentType::TEXT_HTML).body(body)
}

/// The maximum number of octets in a line (RFC 5322, 2.1.1).
const LINE_MAX: usize = 998;

/// The page in lines that end with CRLF, with character references for all characters outside of ASCII. `None` if that
/// is not possible: references have no meaning in a style, and lines must not be too long.
fn in_ascii(html: &str) -> Option<Vec<u8>> {
    if !html.is_ascii() {
        let lower = html.to_ascii_lowercase();
        let mut styles = lower.split("<style").skip(1).filter_map(|it| it.split("</style").next());
        if !styles.all(str::is_ascii) {
            return None;
        }
    }
    let mut bytes = Vec::with_capacity(html.len() + html.len() / 16);
    for line in html.lines() {
        let begin = bytes.len();
        if line.is_ascii() {
            bytes.extend_from_slice(line.as_bytes());
        } else {
            for c in line.chars() {
                match u8::try_from(c).ok().filter(u8::is_ascii) {
                    Some(octet) => bytes.push(octet),
                    None => bytes.extend_from_slice(format!("&#{};", u32::from(c)).as_bytes()),
                }
            }
        }
        let line = &bytes[begin..];
        // Without an early end, so that many octets are compared at once.
        let is_plain = |so_far, octet: &u8| so_far & matches!(octet, b'\t' | b' '..=b'~');
        if line.len() > LINE_MAX || !line.iter().fold(true, is_plain) {
            return None;
        }
        bytes.extend_from_slice(b"\r\n");
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::{LINE_MAX, in_ascii};

    #[test]
    fn a_page_goes_as_it_is() {
        let page = "<p style=\"a:b\">=\t1</p>\n<p>2</p>\r\n";
        let sent = b"<p style=\"a:b\">=\t1</p>\r\n<p>2</p>\r\n";
        assert_eq!(in_ascii(page).as_deref(), Some(&sent[..]));
    }

    #[test]
    fn characters_are_referred_to() {
        let sent = in_ascii("<b>S\u{f6}hne \u{6771}\u{4eac} \u{1f4de}</b>").expect("it can be");
        assert_eq!(sent, b"<b>S&#246;hne &#26481;&#20140; &#128222;</b>\r\n");
    }

    #[test]
    fn what_cannot_be_ascii_is_left_to_an_encoding() {
        let long = "x".repeat(LINE_MAX + 1);
        let references = "\u{f6}".repeat(LINE_MAX / 5);
        for page in [
            "<STYLE>p:before{content:'\u{f6}'}</STYLE>",
            "<style>p:before{content:'\u{f6}'}",
            "one\rtwo",
            "nothing\0",
            long.as_str(),
            references.as_str(),
        ] {
            assert_eq!(in_ascii(page), None, "{page}");
        }
        assert!(in_ascii(&long[1..]).is_some());
    }
}
