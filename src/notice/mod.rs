//! Notices: one mail to one account, or to the operator, about one thing.
//!
//! A [`Notice`] is queued in the transaction of the fact that it reports, with all data that its mail needs, and
//! sent later. Its [`NoticeId`] consists of the recipient, the kind and the billing date, so an account gets at
//! most one notice of a kind for each run. To add a kind: a variant of [`Kind`] and of [`Content`], a sample, and its
//! templates; the compiler names each place.

mod content;
pub mod sample;
mod stored;

pub use content::{
    Ahead, Captured, Charged, Content, Correction, Day, Declined, Freed, Listing, LowBalance,
    PastDue, PriceChange, Receipt, Released, Report, ReportReloads, Repriced, RunFailed,
    SwitchedOff, Unbilled, Unpaid, Upcoming,
};

pub use stored::{
    Backlog, Delivery, NoticeFilter, NoticeStatus, Outgoing, Owner, StoredNotice, WaitingNotices,
};

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use thiserror::Error;

use crate::clock::Moment;
use crate::ids::AccountId;
use crate::money::Money;
use crate::text::quoted;

#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, strum::EnumCount, strum::IntoStaticStr,
)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum Kind {
    /// A receipt for renewed numbers.
    Renewed,
    /// Numbers renew in a few days.
    RenewalAhead,
    LowBalance,
    ReloadCaptured,
    ReloadDeclined,
    /// Too many declines in a row switched auto-reload off.
    AutoReloadSwitchedOff,
    /// The balance did not cover renewals.
    PastDue,
    /// Numbers were released because they were not paid.
    Released,
    /// The price of rented numbers changes.
    PriceChange,
    /// A run was undone: charges were reversed and numbers restored.
    Correction,
    /// To the operator: what a run did and what it did not do.
    Report,
    /// To the operator: a run failed.
    RunFailed,
}

impl Kind {
    pub const ALL: [Self; <Self as strum::EnumCount>::COUNT] = [
        Self::Renewed,
        Self::RenewalAhead,
        Self::LowBalance,
        Self::ReloadCaptured,
        Self::ReloadDeclined,
        Self::AutoReloadSwitchedOff,
        Self::PastDue,
        Self::Released,
        Self::PriceChange,
        Self::Correction,
        Self::Report,
        Self::RunFailed,
    ];

    /// The kind in the database and in JSON, and the file name of its templates.
    pub const fn as_str(self) -> &'static str {
        self.into_str()
    }

    /// Whether an account may switch it off. Notices that call for action or report a lost number are required.
    pub const fn is_optional(self) -> bool {
        matches!(self.rule(), Rule::Optional)
    }

    pub const fn is_for_operator(self) -> bool {
        matches!(self.rule(), Rule::Operator)
    }

    const fn rule(self) -> Rule {
        match self {
            Self::Renewed | Self::RenewalAhead | Self::LowBalance | Self::ReloadCaptured => {
                Rule::Optional
            }
            Self::ReloadDeclined
            | Self::AutoReloadSwitchedOff
            | Self::PastDue
            | Self::Released
            | Self::PriceChange
            | Self::Correction => Rule::Required,
            Self::Report | Self::RunFailed => Rule::Operator,
        }
    }
}

/// The recipient of a kind, and whether an account may switch it off.
enum Rule {
    Optional,
    Required,
    Operator,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{} is not a kind of notice", quoted(.0))]
pub struct NotAKind(String);

impl FromStr for Kind {
    type Err = NotAKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wanted = text.replace('-', "_");
        let kind = Self::ALL.into_iter().find(|kind| kind.as_str() == wanted);
        kind.ok_or_else(|| NotAKind(text.to_owned()))
    }
}

/// The recipient of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Addressee {
    Account(AccountId),
    /// The address in `mail.operator`.
    Operator,
}

impl Addressee {
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

/// The id of a notice, for example `1f3a90c2/renewed/2026-02-28`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NoticeId {
    pub to: Addressee,
    pub kind: Kind,
    /// The billing date.
    pub on: NaiveDate,
    /// 1-based. A second notice follows if more happened on the date after the first was sent.
    pub ordinal: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{} is not a notice", quoted(.0))]
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

/// A notice to queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub to: Addressee,
    pub queued: Moment,
    pub content: Content,
}

/// An account's choice of notices, and the state of its low-balance notice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NotificationPreferences {
    /// Kinds that are switched off.
    pub off: Vec<Kind>,
    /// The account's own threshold for the low-balance notice.
    pub low_balance: Option<Money>,
    /// Whether the balance was at or above the threshold since the last low-balance notice.
    pub is_armed: bool,
}

impl NotificationPreferences {
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
    fn merged_contents_list_the_numbers_of_both() {
        let count = |content: &Content| match content {
            Content::Renewed(it) => it.numbers.count,
            Content::RenewalAhead(it) => it.numbers.count,
            Content::PastDue(it) => it.numbers.count,
            Content::Released(it) => it.numbers.count,
            Content::ReloadCaptured(it) => it.reloads.len() as u64,
            Content::Correction(it) => {
                it.reversed.count + (it.restored.len() + it.lost.len()) as u64
            }
            _ => 0,
        };
        for later in Kind::ALL.into_iter().flat_map(sample::samples) {
            let mut merged = later.clone();
            merged.merge(later.clone()).expect("small amounts");
            assert_eq!(count(&merged), 2 * count(&later), "{}", later.kind());
            assert_eq!(merged.kind(), later.kind());
            assert_eq!(merged == later, count(&later) == 0, "{}", later.kind());
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
