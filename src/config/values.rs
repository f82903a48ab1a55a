//! The values of all keys, each of its key's kind.
//!
//! A method is given a key that is declared with that kind of value. Only those that return an option take
//! a key without a default.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use anyhow::Result;
use chrono::NaiveTime;
use chrono_tz::Tz;
use rust_decimal::Decimal;
use secrecy::SecretString;
use strum::VariantNames;

use super::keys::Value;
use super::secret_in;

/// The values by the names of their keys; a key that is not set has none.
pub(super) struct Values(pub(super) BTreeMap<&'static str, Value>);

impl Values {
    fn get(&self, key: &str) -> &Value {
        self.0.get(key).unwrap_or_else(|| panic!("`{key}` has a default"))
    }

    pub(super) fn find_text(&self, key: &str) -> Option<&str> {
        match self.0.get(key)? {
            Value::Text(text) => Some(text),
            _ => other_kind(key),
        }
    }

    pub(super) fn text(&self, key: &str) -> &str {
        self.find_text(key).unwrap_or_else(|| panic!("`{key}` has a default"))
    }

    /// The value of a key that takes the words of `T`.
    pub(super) fn word<T: FromStr + VariantNames>(&self, key: &str) -> T {
        self.text(key).parse().unwrap_or_else(|_| other_kind(key))
    }

    pub(super) fn find_path(&self, key: &str) -> Option<PathBuf> {
        self.find_text(key).map(PathBuf::from)
    }

    /// The secret, from the file that the key `…_file` names or else as it is set.
    pub(super) fn find_secret(&self, key: &str) -> Result<Option<SecretString>> {
        let file_key = format!("{key}_file");
        let text = match self.find_path(&file_key) {
            Some(file) => Some(secret_in(&file_key, &file)?),
            None => self.find_text(key).map(str::to_owned),
        };
        Ok(text.map(SecretString::from))
    }

    pub(super) fn flag(&self, key: &str) -> bool {
        match self.get(key) {
            Value::Flag(flag) => *flag,
            _ => other_kind(key),
        }
    }

    pub(super) fn whole<T: TryFrom<u64>>(&self, key: &str) -> T {
        match self.get(key) {
            Value::Whole(number) => T::try_from(*number)
                .unwrap_or_else(|_| panic!("the numbers that `{key}` takes fit its type")),
            _ => other_kind(key),
        }
    }

    pub(super) fn seconds(&self, key: &str) -> Duration {
        Duration::from_secs(self.whole(key))
    }

    pub(super) fn decimal(&self, key: &str) -> Decimal {
        match self.get(key) {
            Value::Decimal(number) => *number,
            _ => other_kind(key),
        }
    }

    pub(super) fn time(&self, key: &str) -> Duration {
        match self.get(key) {
            Value::Time(time) => *time,
            _ => other_kind(key),
        }
    }

    pub(super) fn time_of_day(&self, key: &str) -> NaiveTime {
        match self.get(key) {
            Value::TimeOfDay(time) => *time,
            _ => other_kind(key),
        }
    }

    pub(super) fn time_zone(&self, key: &str) -> Tz {
        match self.get(key) {
            Value::TimeZone(zone) => *zone,
            _ => other_kind(key),
        }
    }

    pub(super) fn listen(&self, key: &str) -> Option<SocketAddr> {
        match self.get(key) {
            Value::Listen(address) => *address,
            _ => other_kind(key),
        }
    }
}

fn other_kind(key: &str) -> ! {
    panic!("`{key}` is declared with another kind of value")
}
