//! Notices: what people are told, one mail about one thing (DESIGN 2.11).
//!
//! A [`Notice`] is queued in the transaction of the fact that it tells, with everything its letter
//! needs, and sent later. Its [`NoticeId`] says whom it is for, of which kind it is and for which
//! billing date, so nobody gets two of a kind for one run. To add a kind: a variant of [`Kind`] and of
//! [`Content`], and a letter.

mod content;
pub mod sample;
mod stored;

pub use content::{
    Ahead, Captured, Charged, Content, Day, Declined, Freed, Listing, LowBalance, PastDue,
    PriceChange, Receipt, Released, Report, ReportReloads, Repriced, RunFailed, SwitchedOff,
    Unbilled, Unpaid, Upcoming,
};

pub use stored::{Backlog, Delivery, NoticeFilter, NoticeStatus, Outgoing, Owner, StoredNotice};

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use thiserror::Error;

use crate::clock::Moment;
use crate::ids::AccountId;
use crate::money::Money;

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A receipt: numbers were renewed.
    Renewed,
    /// Numbers will renew in some days.
    RenewalAhead,
    /// The balance fell below the account's own threshold.
    LowBalance,
    /// A card was charged.
    ReloadCaptured,
    /// A card was declined.
    ReloadDeclined,
    /// Too many declines in a row ended the standing order.
    AutoReloadSwitchedOff,
    /// Renewals could not be paid.
    PastDue,
    /// Numbers were lost for want of funds.
    Released,
    /// Numbers will cost something else.
    PriceChange,
    /// What a run did and what it did not, for the operator.
    Report,
    /// A run could not be done, for the operator.
    RunFailed,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::Renewed,
        Self::RenewalAhead,
        Self::LowBalance,
        Self::ReloadCaptured,
        Self::ReloadDeclined,
        Self::AutoReloadSwitchedOff,
        Self::PastDue,
        Self::Released,
        Self::PriceChange,
        Self::Report,
        Self::RunFailed,
    ];

    /// As it is stored and shown; a letter's templates have the same name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Renewed => "renewed",
            Self::RenewalAhead => "renewal_ahead",
            Self::LowBalance => "low_balance",
            Self::ReloadCaptured => "reload_captured",
            Self::ReloadDeclined => "reload_declined",
            Self::AutoReloadSwitchedOff => "auto_reload_switched_off",
            Self::PastDue => "past_due",
            Self::Released => "released",
            Self::PriceChange => "price_change",
            Self::Report => "report",
            Self::RunFailed => "run_failed",
        }
    }

    /// Whether an account may do without it: what costs it a number or needs it to act, it may not.
    pub const fn is_optional(self) -> bool {
        matches!(self, Self::Renewed | Self::RenewalAhead | Self::LowBalance | Self::ReloadCaptured)
    }

    /// Whether it is for the operator and not for an account.
    pub const fn is_for_operator(self) -> bool {
        matches!(self, Self::Report | Self::RunFailed)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that is no kind of notice.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is not a kind of notice\nhint: use one of {kinds}", kinds = Kind::ALL.map(Kind::as_str).join(", "))]
pub struct NotAKind(String);

impl FromStr for Kind {
    type Err = NotAKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wanted = text.replace('-', "_");
        let kind = Self::ALL.into_iter().find(|kind| kind.as_str() == wanted);
        kind.ok_or_else(|| NotAKind(text.to_owned()))
    }
}

/// Who is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Addressee {
    /// The account's owner.
    Account(AccountId),
    /// Who runs linerent.
    Operator,
}

impl Addressee {
    /// The account, if it is one.
    pub const fn account(self) -> Option<AccountId> {
        match self {
            Self::Account(account) => Some(account),
            Self::Operator => None,
        }
    }
}

const OPERATOR: &str = "operator";

impl fmt::Display for Addressee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(account) => account.fmt(f),
            Self::Operator => f.write_str(OPERATOR),
        }
    }
}

/// A notice's name, which says what it is: `1f3a90c2/renewed/2026-02-28`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NoticeId {
    /// Whom it is for.
    pub to: Addressee,
    /// About what.
    pub kind: Kind,
    /// For which billing date.
    pub on: NaiveDate,
    /// From 1; a further one where more happened on the date after the first was sent.
    pub ordinal: u32,
}

/// A text that is no notice's id.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "`{0}` is not a notice\nhint: `linerent notice list` shows them, for example 1f3a90c2/renewed/2026-02-28"
)]
pub struct NotANotice(String);

impl fmt::Display for NoticeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.to, self.kind, self.on)?;
        if self.ordinal == 1 { Ok(()) } else { write!(f, "/{}", self.ordinal) }
    }
}

impl FromStr for NoticeId {
    type Err = NotANotice;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let mut parts = text.split('/');
            let to = match parts.next()? {
                OPERATOR => Addressee::Operator,
                key => Addressee::Account(key.parse().ok()?),
            };
            let (kind, on) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
            let ordinal = match parts.next() {
                Some(ordinal) => ordinal.parse().ok().filter(|ordinal| *ordinal > 1)?,
                None => 1,
            };
            parts.next().is_none().then_some(Self { to, kind, on, ordinal })
        };
        read().ok_or_else(|| NotANotice(text.to_owned()))
    }
}

/// Something that somebody is to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Whom.
    pub to: Addressee,
    /// When it came about.
    pub queued: Moment,
    /// What there is to tell.
    pub content: Content,
}

/// What an account wants to be told, and whether its balance was told of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NotificationPreferences {
    /// Kinds that it does without.
    pub off: Vec<Kind>,
    /// The balance below which it wants to be told.
    pub low_balance: Option<Money>,
    /// Whether the balance was at the threshold or above since it was last told of.
    pub is_armed: bool,
}

impl NotificationPreferences {
    /// Whether the account is told of `kind`.
    pub fn wants(&self, kind: Kind) -> bool {
        !(kind.is_optional() && self.off.contains(&kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_says_what_it_is_and_reads_back() {
        let id = NoticeId {
            to: Addressee::Account(AccountId::new(0x1f3a_90c2)),
            kind: Kind::Renewed,
            on: "2026-02-28".parse().expect("a date"),
            ordinal: 1,
        };
        assert_eq!(id.to_string(), "1f3a90c2/renewed/2026-02-28");
        for id in [id, NoticeId { ordinal: 2, ..id }, NoticeId { to: Addressee::Operator, ..id }] {
            assert_eq!(id.to_string().parse(), Ok(id));
        }
        for text in
            ["", "x/renewed/2026-02-28", "1f3a90c2/renewed", "1f3a90c2/renewed/2026-02-28/1"]
        {
            assert!(text.parse::<NoticeId>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_needs_the_account_to_act_cannot_be_switched_off() {
        let preferences = NotificationPreferences {
            off: Kind::ALL.to_vec(),
            ..NotificationPreferences::default()
        };
        let wanted: Vec<_> =
            Kind::ALL.into_iter().filter(|kind| preferences.wants(*kind)).collect();
        assert!(wanted.contains(&Kind::PastDue) && wanted.contains(&Kind::ReloadDeclined));
        assert!(!preferences.wants(Kind::Renewed));
    }
}
