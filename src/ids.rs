//! Ids of accounts and reloads.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::rng::Rng;
use crate::text::quoted;

/// An account. People know it by its *key*: the same 32 bits as 8 hexadecimal characters.
///
/// One value for both, so that every table can begin its keys with it, and the rows are found by the key that a
/// person types without a lookup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(u32);

/// A text that is not an account key.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{} is not an account key", quoted(.0))]
pub struct NotAKey(String);

impl AccountId {
    pub const MIN: Self = Self(u32::MIN);
    pub const MAX: Self = Self(u32::MAX);

    pub const fn new(id: u32) -> Self {
        Self(id)
    }

    /// The id that follows; none after the last one.
    pub fn next(self) -> Option<Self> {
        self.0.checked_add(1).map(Self)
    }

    /// A random key; the caller checks whether an account has it already.
    pub fn random(rng: &dyn Rng) -> Self {
        Self(u32::try_from(rng.next_u64() >> 32).expect("32 bits are left"))
    }

    /// As the database stores it.
    pub const fn to_i64(self) -> i64 {
        self.0 as i64
    }

    /// Reads what the database stores.
    ///
    /// # Errors
    /// [`NotAKey`] for a value outside of 32 bits.
    pub fn from_i64(id: i64) -> Result<Self, NotAKey> {
        u32::try_from(id).map(Self).map_err(|_| NotAKey(id.to_string()))
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

impl FromStr for AccountId {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_key = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let id = is_key.then(|| u32::from_str_radix(text, 16).ok()).flatten();
        id.map(Self).ok_or_else(|| NotAKey(text.to_owned()))
    }
}

/// One reload. It begins with its account's key, so that its rows are found by the id alone; the rest
/// is random. It is also the idempotency key of the charge at the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReloadId {
    account: AccountId,
    tail: u64,
}

/// A text that is not the id of a reload.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{} is not a reload", quoted(.0))]
pub struct NotAReload(String);

/// Hexadecimal characters after the account's key: 48 bits.
const TAIL_CHARS: usize = 12;

impl ReloadId {
    /// A new reload of `account`; 48 random bits tell it from the account's others.
    pub fn random(account: AccountId, rng: &dyn Rng) -> Self {
        Self { account, tail: rng.next_u64() >> (64 - 4 * TAIL_CHARS) }
    }

    pub const fn account(self) -> AccountId {
        self.account
    }
}

impl fmt::Display for ReloadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:0width$x}", self.account, self.tail, width = TAIL_CHARS)
    }
}

impl FromStr for ReloadId {
    type Err = NotAReload;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let (key, tail) = text.split_once('-')?;
            let is_tail = tail.len() == TAIL_CHARS && tail.bytes().all(|b| b.is_ascii_hexdigit());
            let tail = is_tail.then(|| u64::from_str_radix(tail, 16).ok()).flatten()?;
            Some(Self { account: key.parse().ok()?, tail })
        };
        read().ok_or_else(|| NotAReload(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SeededRng;

    #[test]
    fn a_key_reads_back_in_either_case() {
        let account = AccountId::new(0x00ab_cdef);
        assert_eq!(account.to_string(), "00abcdef");
        assert_eq!("00ABCDEF".parse(), Ok(account));
    }

    #[test]
    fn a_reload_begins_with_its_accounts_key() {
        let reload = ReloadId::random(AccountId::new(0x00ab_cdef), &SeededRng::new(1));
        assert_eq!(reload.to_string().parse(), Ok(reload));
        assert!(reload.to_string().starts_with("00abcdef-"), "{reload}");
        for text in ["", "00abcdef", "00abcdef-", "00abcdef-123", "x-0b6d3c92a7e1"] {
            assert_eq!(text.parse::<ReloadId>(), Err(NotAReload(text.to_owned())));
        }
    }

    #[test]
    fn a_text_that_is_not_a_key_is_refused() {
        for text in ["", "abc", "00abcdeg", "+0abcdef", "00abcdef0"] {
            assert_eq!(text.parse::<AccountId>(), Err(NotAKey(text.to_owned())));
        }
    }
}
