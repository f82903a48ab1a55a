//! The keys: each has a name, with its section, and a kind of value. A value of another kind is refused,
//! never converted.
//!
//! Each section declares its own keys.

use std::net::SocketAddr;
use std::time::Duration;

use chrono::NaiveTime;
use chrono_tz::Tz;
use rust_decimal::Decimal;
use strum::VariantNames;
use toml::Value as Toml;

use super::SECTIONS;

/// One key, such as `mail.smtp.url`.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    kind: Kind,
}

pub(super) const fn key(name: &'static str, kind: Kind) -> Key {
    Key { name, kind }
}

/// The kind of value of a key.
#[derive(Debug)]
pub(super) enum Kind {
    Text,
    /// Text that is never shown. The key `…_file` names a file that holds it instead.
    Secret,
    /// A URL that may contain a password, which is never shown. It, too, has a key `…_file`.
    SecretUrl,
    /// The path of a file or folder.
    Path,
    Flag,
    Whole {
        min: u64,
        max: u64,
    },
    /// A decimal number from 0 to 100.
    Percent,
    /// A length of time, with its unit.
    Time {
        min: Duration,
        max: Duration,
    },
    TimeOfDay,
    TimeZone,
    /// An IP address with a port, or `off`.
    Listen,
    /// One of these words.
    Word(&'static [&'static str]),
}

/// The longest time that most keys take.
const TIME_MAX: Duration = Duration::from_hours(30 * 24);

impl Kind {
    /// Ten years.
    pub(super) const DAYS: Self = Self::Whole { min: 0, max: 3_660 };

    pub(super) const fn whole(min: u64, max: u64) -> Self {
        Self::Whole { min, max }
    }

    /// One of the words of `T`, as [`Values::word`](super::Values::word) reads them.
    pub(super) const fn word<T: VariantNames>() -> Self {
        Self::Word(T::VARIANTS)
    }

    pub(super) const fn at_least(min: Duration) -> Self {
        Self::Time { min, max: TIME_MAX }
    }
}

/// A value of the kind of its key.
#[derive(Clone)]
pub(super) enum Value {
    Text(String),
    Flag(bool),
    Whole(u64),
    Decimal(Decimal),
    Time(Duration),
    TimeOfDay(NaiveTime),
    TimeZone(Tz),
    Listen(Option<SocketAddr>),
}

impl Key {
    /// Every key, in the order of `config/default.toml`.
    pub(super) fn all() -> impl Iterator<Item = &'static Self> {
        SECTIONS.into_iter().flatten()
    }

    pub(super) fn find(name: &str) -> Option<&'static Self> {
        Self::all().find(|key| key.name == name)
    }

    /// The first key of the section `path`, if it is a section.
    pub(super) fn first_in(path: &str) -> Option<&'static Self> {
        Self::all().find(|key| key.name.strip_prefix(path).is_some_and(|it| it.starts_with('.')))
    }

    pub(super) const fn is_secret(&self) -> bool {
        matches!(self.kind, Kind::Secret | Kind::SecretUrl)
    }

    pub(super) const fn is_url(&self) -> bool {
        matches!(self.kind, Kind::SecretUrl)
    }

    /// The name of the key for a file that holds the value of this one; secrets alone have it.
    pub(super) fn file_key(&self) -> Option<String> {
        self.is_secret().then(|| format!("{}_file", self.name))
    }

    /// Reads `raw`; `None` if it is not of the kind of this key.
    pub(super) fn read(&self, raw: &Toml) -> Option<Value> {
        match (&self.kind, raw) {
            (Kind::Text | Kind::Secret | Kind::SecretUrl, Toml::String(text)) => {
                Some(Value::Text(text.clone()))
            }
            (Kind::Path, Toml::String(path)) => {
                Some(Value::Text(path.clone())).filter(|_| !path.is_empty())
            }
            (Kind::Word(words), Toml::String(text)) => {
                words.contains(&text.as_str()).then(|| Value::Text(text.clone()))
            }
            (Kind::Flag, Toml::Boolean(flag)) => Some(Value::Flag(*flag)),
            (Kind::Whole { min, max }, Toml::Integer(number)) => {
                let number = u64::try_from(*number).ok();
                number.filter(|it| (min..=max).contains(&it)).map(Value::Whole)
            }
            (Kind::Percent, Toml::Integer(_) | Toml::Float(_) | Toml::String(_)) => {
                let text = raw.as_str().map_or_else(|| raw.to_string(), str::to_owned);
                let number = text.parse().ok();
                let is_percent = |it: &Decimal| (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(it);
                number.filter(is_percent).map(Value::Decimal)
            }
            (Kind::Time { min, max }, Toml::String(text)) => {
                let time = humantime::parse_duration(text).ok();
                time.filter(|it| (min..=max).contains(&it)).map(Value::Time)
            }
            (Kind::TimeOfDay, Toml::String(text)) => {
                NaiveTime::parse_from_str(text, "%H:%M").ok().map(Value::TimeOfDay)
            }
            (Kind::TimeZone, Toml::String(text)) => text.parse().ok().map(Value::TimeZone),
            (Kind::Listen, Toml::String(text)) if text == "off" => Some(Value::Listen(None)),
            (Kind::Listen, Toml::String(text)) => {
                text.parse().ok().map(|address| Value::Listen(Some(address)))
            }
            _ => None,
        }
    }

    /// Environment variables are text. Reads one as the value that a file would have.
    pub(super) fn read_variable(&self, text: &str) -> Toml {
        let is_whole = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let value = match self.kind {
            Kind::Flag => text.parse().ok().map(Toml::Boolean),
            Kind::Whole { .. } if is_whole => text.parse().ok().map(Toml::Integer),
            _ => None,
        };
        value.unwrap_or_else(|| Toml::String(text.to_owned()))
    }

    /// The kind of value in words.
    pub(super) fn expected(&self) -> String {
        match &self.kind {
            Kind::Text | Kind::Secret | Kind::SecretUrl => "text in quotation marks".to_owned(),
            Kind::Path => "the path of a file or folder in quotation marks".to_owned(),
            Kind::Flag => "true or false".to_owned(),
            Kind::Whole { min, max } => format!("a whole number from {min} to {max}"),
            Kind::Percent => "a number from 0 to 100".to_owned(),
            Kind::Time { min, max } => format!(
                "a time from {} to {} with its unit, such as \"90s\", \"6min\" or \"1h\"",
                in_words(*min),
                in_words(*max)
            ),
            Kind::TimeOfDay => "a time of day, such as \"02:30\"".to_owned(),
            Kind::TimeZone => "the IANA name of a time zone, such as \"Europe/London\"".to_owned(),
            Kind::Listen => {
                "an IP address with a port, such as \"127.0.0.1:9480\", or \"off\"".to_owned()
            }
            Kind::Word([words @ .., last]) if !words.is_empty() => {
                let words: Vec<_> = words.iter().map(|it| format!("\"{it}\"")).collect();
                format!("{} or \"{last}\"", words.join(", "))
            }
            Kind::Word(words) => words.concat(),
        }
    }
}

/// `30days`, `1min`, `90s`.
fn in_words(time: Duration) -> String {
    let seconds = time.as_secs();
    let units = [(86_400, "days"), (3_600, "h"), (60, "min")];
    let unit =
        units.into_iter().find(|(unit, _)| seconds >= *unit && seconds.is_multiple_of(*unit));
    unit.map_or_else(|| format!("{seconds}s"), |(unit, name)| format!("{}{name}", seconds / unit))
}

#[cfg(test)]
mod tests {
    use super::{Key, Toml};
    use crate::config::DEFAULTS;

    /// The keys of the built-in file, those without a default included.
    fn explained() -> Vec<String> {
        let mut section = "";
        let mut keys = Vec::new();
        for line in DEFAULTS.lines() {
            if let Some(name) = line.strip_prefix('[') {
                section = name.trim_end_matches(']');
            } else if let Some((name, _)) = line.trim_start_matches("# ").split_once(" = ")
                && !name.contains(' ')
            {
                keys.push(format!("{section}.{name}"));
            }
        }
        keys
    }

    #[test]
    fn the_built_in_file_explains_every_key_in_order() {
        let names: Vec<_> = Key::all().map(|key| key.name).collect();
        assert_eq!(names, explained());
    }

    #[test]
    fn every_secret_may_be_kept_in_a_file() {
        for key in Key::all() {
            if let Some(file_key) = key.file_key() {
                assert!(Key::find(&file_key).is_some(), "there is no {file_key}");
            }
            let words = ["password", "secret", "token", "api_key"];
            let looks_secret = words.iter().any(|word| key.name.ends_with(word));
            assert!(key.is_secret() || !looks_secret, "{} would be shown", key.name);
        }
    }

    #[test]
    fn a_variable_says_what_a_file_says() {
        for (name, text, expected) in [
            ("run.workers", "3", Some(Toml::Integer(3))),
            ("run.workers", "+3", None),
            ("run.workers", " 3", None),
            ("run.workers", "1_000", None),
            ("run.workers", "3.0", None),
            ("webhooks.allow_private", "true", Some(Toml::Boolean(true))),
            ("webhooks.allow_private", "1", None),
            ("webhooks.allow_private", "yes", None),
            ("operator.name", "3", Some(Toml::String("3".to_owned()))),
        ] {
            let key = Key::find(name).expect("a key");
            let raw = key.read_variable(text);
            assert_eq!(key.read(&raw).map(|_| raw), expected, "{name} = {text}");
        }
    }
}
