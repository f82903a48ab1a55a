//! What the stand-in makes of a command: the state of one connection, and its answers.

use std::mem;

use super::wire::{Reply, SIZE_MAX, TOO_LARGE, decoded, objection, obstacle, path, say};
use super::{Fault, Received, State, Tls};

/// What the next line is.
#[derive(Debug, Default)]
enum Awaited {
    #[default]
    Command,
    /// The only line of AUTH PLAIN.
    Plain,
    /// The lines of AUTH LOGIN; the second belongs to the user of the first.
    User,
    Password(String),
}

/// One connection.
#[derive(Debug, Default)]
pub(super) struct Session {
    tls: Tls,
    connection: usize,
    is_encrypted: bool,
    is_introduced: bool,
    user: Option<String>,
    awaited: Awaited,
    /// The envelope so far.
    message: Option<Received>,
    fault: Option<Fault>,
    delivered: usize,
}

impl Session {
    pub(super) fn new(connection: usize, tls: Tls) -> Self {
        Self { tls, connection, is_encrypted: tls == Tls::Implicit, ..Self::default() }
    }

    pub(super) fn check_credentials(&self, state: &State) -> Reply {
        obstacle(state, "").unwrap_or_else(|| say("220 stand-in.test ESMTP"))
    }

    /// A line that is no part of a message, behind which more may have come already.
    pub(super) fn hear(&mut self, state: &mut State, line: &[u8], is_more_there: bool) -> Reply {
        let line = String::from_utf8_lossy(line);
        let line = line.trim_end_matches("\r\n");
        if is_more_there && !(state.is_pipelining && may_be_followed(line)) {
            return Reply::Close("503 5.5.0 improper command pipelining".to_owned());
        }
        state.announced_at_once += usize::from(is_more_there && line.starts_with("MAIL"));
        if let Some(reply) = obstacle(state, line) {
            return reply;
        }
        match mem::take(&mut self.awaited) {
            Awaited::Command => self.obey(state, line),
            awaited => self.prove(state, awaited, line),
        }
    }

    /// The message that follows a DATA, unless it was too large.
    pub(super) fn take(&mut self, state: &mut State, data: Option<Vec<u8>>) -> Reply {
        let mut message = self.message.take().expect("an envelope comes before DATA");
        let fault = self.fault.take();
        if let Some(reply) = obstacle(state, "") {
            return reply;
        }
        match fault {
            Some(Fault::CutAfterData) => return Reply::Cut,
            Some(Fault::SilentAfterData) => return Reply::Silence,
            Some(Fault::TemporaryAfterData) => return say("452 4.3.1 the disk is full"),
            _ => {}
        }
        let Some(bytes) = data else { return say(TOO_LARGE) };
        if message.recipients.is_empty() {
            return say("554 5.5.1 no valid recipients");
        }
        if state.is_content_refused {
            return say("554 5.7.1 the message looks like spam");
        }
        message.bytes = bytes;
        state.messages.push(message);
        self.delivered += 1;
        match fault {
            Some(Fault::CutAfterAccept) => Reply::Cut,
            _ => Reply::Say(format!("250 2.0.0 kept as {}", state.messages.len())),
        }
    }

    fn obey(&mut self, state: &mut State, line: &str) -> Reply {
        if !line.is_ascii() && state.is_without_smtputf8 {
            return say("553 5.6.7 an address of more than ASCII needs SMTPUTF8");
        }
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" | "HELO" if rest.is_empty() => say("501 5.5.4 who are you?"),
            "EHLO" | "HELO" => {
                self.is_introduced = true;
                self.message = None;
                Reply::Say(self.offers(state, verb))
            }
            "NOOP" => say("250 2.0.0 fine"),
            "RSET" => {
                self.message = None;
                say("250 2.0.0 forgotten")
            }
            "QUIT" => Reply::Close("221 2.0.0 bye".to_owned()),
            "STARTTLS" if self.is_starttls_offered(state) => {
                // The client introduces itself again (RFC 3207, 4.2).
                *self = Self { is_encrypted: true, ..Self::new(self.connection, self.tls) };
                Reply::Encrypt
            }
            "STARTTLS" if self.is_encrypted => say("503 5.5.1 it is encrypted"),
            "STARTTLS" => say("502 5.5.1 there is no TLS here"),
            "AUTH" | "MAIL" | "RCPT" | "DATA" if !self.is_introduced => {
                say("503 5.5.1 EHLO comes first")
            }
            "AUTH" => self.authenticate(state, rest),
            "MAIL" => self.begin(state, rest),
            "RCPT" => self.address(state, rest),
            "DATA" => self.data(state),
            _ => say("500 5.5.2 unknown command"),
        }
    }

    fn offers(&self, state: &State, verb: &str) -> String {
        if verb.eq_ignore_ascii_case("HELO") {
            return "250 stand-in.test".to_owned();
        }
        let offers = [
            (self.is_starttls_offered(state), "250-STARTTLS\r\n"),
            (state.credentials.is_some(), "250-AUTH PLAIN LOGIN\r\n"),
            (!state.is_without_smtputf8, "250-SMTPUTF8\r\n"),
            (state.is_pipelining, "250-PIPELINING\r\n"),
        ];
        let offers: String = offers.iter().filter(|it| it.0).map(|it| it.1).collect();
        let always = "8BITMIME\r\n250-ENHANCEDSTATUSCODES";
        format!("250-stand-in.test\r\n250-{always}\r\n{offers}250 SIZE {SIZE_MAX}")
    }

    fn is_starttls_offered(&self, state: &State) -> bool {
        self.tls == Tls::StartTls && !self.is_encrypted && !state.is_without_starttls
    }

    fn authenticate(&mut self, state: &State, rest: &str) -> Reply {
        if state.credentials.is_none() {
            return say("502 5.5.1 there are no passwords here");
        }
        if self.user.is_some() || self.message.is_some() {
            return say("503 5.5.1 not now");
        }
        let (mechanism, initial) = rest.split_once(' ').unwrap_or((rest, ""));
        let (awaited, challenge) = match mechanism.to_ascii_uppercase().as_str() {
            "PLAIN" => (Awaited::Plain, "334 "),
            // `Username:`
            "LOGIN" => (Awaited::User, "334 VXNlcm5hbWU6"),
            _ => return say("504 5.5.4 unknown mechanism"),
        };
        if initial.is_empty() {
            self.awaited = awaited;
            return say(challenge);
        }
        self.prove(state, awaited, initial)
    }

    fn prove(&mut self, state: &State, awaited: Awaited, line: &str) -> Reply {
        if line == "*" {
            return say("501 5.7.0 as you like");
        }
        let Some(text) = decoded(line) else { return say("501 5.5.2 that is no base64") };
        let given = match awaited {
            Awaited::User => {
                self.awaited = Awaited::Password(text);
                // `Password:`
                return say("334 UGFzc3dvcmQ6");
            }
            Awaited::Password(user) => Some((user, text)),
            // On whose behalf, who and the password (RFC 4616).
            Awaited::Plain | Awaited::Command => {
                let mut parts = text.splitn(3, '\0').skip(1).map(str::to_owned);
                parts.next().zip(parts.next())
            }
        };
        if given.is_none() || given != state.credentials {
            return say("535 5.7.8 the user or the password is wrong");
        }
        self.user = given.map(|(user, _)| user);
        say("235 2.7.0 welcome")
    }

    fn begin(&mut self, state: &mut State, rest: &str) -> Reply {
        if self.message.is_some() {
            return say("503 5.5.1 one at a time");
        }
        if state.mails_per_connection_max.is_some_and(|max| self.delivered >= max) {
            state.closed += 1;
            let last = Reply::Close("421 4.7.0 too many mails on one connection".to_owned());
            return if state.closed % 2 == 1 { last } else { Reply::Cut };
        }
        if state.credentials.is_some() && self.user.is_none() {
            return say("530 5.7.0 authenticate first");
        }
        let Some((from, parameters)) = path("FROM:", rest) else { return say(MALFORMED) };
        if let Some(objection) = parameters.iter().find_map(|it| objection(state, it)) {
            return say(objection);
        }
        if state.sender_refused_after.is_some_and(|kept| state.messages.len() >= kept) {
            return say("550 5.7.1 not from you");
        }
        self.message = Some(Received {
            from,
            parameters,
            is_encrypted: self.is_encrypted,
            user: self.user.clone(),
            connection: self.connection,
            ..Received::default()
        });
        say("250 2.1.0 for whom?")
    }

    fn address(&mut self, state: &mut State, rest: &str) -> Reply {
        let Some(message) = &mut self.message else { return say("503 5.5.1 MAIL comes first") };
        // RCPT has parameters with DSN alone (RFC 3461), which is not offered.
        let Some((recipient, _)) =
            path("TO:", rest).filter(|it| !it.0.is_empty() && it.1.is_empty())
        else {
            return say(MALFORMED);
        };
        let key = recipient.to_lowercase();
        if state.fatal_recipients.contains(&key) {
            return Reply::Cut;
        }
        if state.refused_recipients.contains(&key) {
            return say("550 5.1.1 no such user");
        }
        let times = state.greylisted.entry(key).or_default();
        if *times < state.greylisted_times {
            *times += 1;
            return say("451 4.7.1 greylisted, try again later");
        }
        message.recipients.push(recipient);
        say("250 2.1.5 for whom else?")
    }

    fn data(&mut self, state: &mut State) -> Reply {
        let is_for_nobody =
            self.message.as_ref().is_none_or(|message| message.recipients.is_empty());
        if is_for_nobody && !(state.is_data_for_nobody_taken && self.message.is_some()) {
            return say("503 5.5.1 RCPT comes first");
        }
        self.fault = state.faults.pop_front();
        if self.fault == Some(Fault::CutBeforeData) { Reply::Cut } else { Reply::ReadData }
    }
}

/// Whether other commands may come right behind this one (RFC 2920, 3.1).
fn may_be_followed(line: &str) -> bool {
    let verb = line.split(' ').next().unwrap_or_default();
    ["MAIL", "RCPT", "RSET"].iter().any(|it| verb.eq_ignore_ascii_case(it))
}

const MALFORMED: &str = "501 5.5.4 an address stands in angle brackets";
