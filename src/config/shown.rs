//! The configuration as an operator sees it: every key, its value and its origin, without secrets.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use anyhow::Result;
use toml::Value as Toml;
use url::Url;

use super::keys::Key;
use super::layers::{Layers, Origin};

/// Shown in place of a secret.
pub(super) const MASK: &str = "********";

/// One key of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// With its section: `mail.smtp.url`.
    pub key: String,
    /// The text of the value; `None` if it is not set.
    pub value: Option<String>,
    /// `None` if it is not set.
    pub origin: Option<Origin>,
    /// Whether the value, or a part of it, is secret and masked.
    pub is_masked: bool,
    /// Whether the key exists. A configuration with an unknown key is refused.
    pub is_known: bool,
}

/// Every key in the order of `config/default.toml`, then everything set that is not a key. Values need not be
/// valid: that is when an operator wants to see them.
///
/// # Errors
/// If a layer cannot be read at all.
pub fn show(file: Option<&Path>, database_url: Option<&str>) -> Result<Vec<Setting>> {
    let layers = Layers::read(file, database_url)?;
    let others = layers.set.iter().filter(|(name, _)| Key::find(name).is_none());
    let others = others.map(|(name, raw)| Setting {
        is_known: false,
        // It may be a secret under a misspelt name.
        ..set(name, MASK.to_owned(), raw.origin.clone())
    });
    Ok(Key::all().map(|key| setting(&layers, key)).chain(others).collect())
}

fn setting(layers: &Layers, key: &Key) -> Setting {
    // The content of a file overrides the value that is set.
    if let Some(file) = key.file_key().and_then(|file_key| layers.set.get(&file_key)) {
        let file = plain(&file.value).unwrap_or_default();
        let origin = Origin::File(PathBuf::from(without_a_stray_secret(&file).into_owned()));
        return set(key.name, MASK.to_owned(), origin);
    }
    let Some(raw) = layers.set.get(key.name) else {
        let key = key.name.to_owned();
        return Setting { key, value: None, origin: None, is_masked: false, is_known: true };
    };
    let value = match plain(&raw.value) {
        Some(text) if !key.is_secret() => without_a_stray_secret(&text).into_owned(),
        Some(text) if key.is_url() => without_password(&text),
        _ => MASK.to_owned(),
    };
    set(key.name, value, raw.origin.clone())
}

fn set(key: &str, value: String, origin: Origin) -> Setting {
    let is_masked = value.contains(MASK);
    let (value, origin) = (Some(value), Some(origin));
    Setting { key: key.to_owned(), value, origin, is_masked, is_known: true }
}

/// A single value as text; none for a list or a table.
fn plain(value: &Toml) -> Option<String> {
    match value {
        Toml::Table(_) | Toml::Array(_) => None,
        Toml::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// A value that should not be secret, masked if it looks like a secret that was set under the wrong key.
pub(super) fn without_a_stray_secret(text: &str) -> Cow<'_, str> {
    let begins =
        ["sk_", "rk_", "whsec_", "-----BEGIN"].iter().any(|it| text.trim().starts_with(it));
    let is_url_with_password = text.contains("://") && text.contains('@');
    Cow::Borrowed(if begins || is_url_with_password { MASK } else { text })
}

/// Parameters of a URL whose values are not secret.
const PLAIN_PARAMETERS: [&str; 14] = [
    "mode",
    "tls",
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "application_name",
    "statement-cache-capacity",
];

/// A URL without its password; all of it is masked if any other part may belong to a password.
fn without_password(text: &str) -> String {
    if text.is_empty() || text.starts_with("sqlite:") && !text.contains(['@', '?']) {
        return text.to_owned();
    }
    let read = Url::parse(text).ok().filter(|url| !url.cannot_be_a_base() || is_sqlite(url));
    let Some(mut url) = read else { return MASK.to_owned() };
    // A password with a slash or question mark that was not percent-encoded continues after the host.
    let after_the_host = [Some(url.path()), url.query(), url.fragment()];
    if url.fragment().is_some() || after_the_host.into_iter().flatten().any(|it| it.contains('@')) {
        return MASK.to_owned();
    }
    if url.password().is_some() && url.set_password(Some(MASK)).is_err() {
        return MASK.to_owned();
    }
    if let Some(query) = url.query() {
        let parameters: Vec<_> = query.split('&').map(without_value).collect();
        url.set_query(Some(&parameters.join("&")));
    }
    url.into()
}

fn is_sqlite(url: &Url) -> bool {
    url.scheme() == "sqlite"
}

fn without_value(parameter: &str) -> Cow<'_, str> {
    match parameter.split_once('=') {
        Some((name, _)) if PLAIN_PARAMETERS.contains(&name) => parameter.into(),
        Some((name, _)) => format!("{name}={MASK}").into(),
        None => MASK.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::{without_a_stray_secret, without_password};

    #[test]
    fn nothing_of_a_password_in_a_url_is_shown() {
        for (url, shown) in [
            ("", ""),
            ("sqlite:data/linerent.db", "sqlite:data/linerent.db"),
            ("sqlite:data/linerent.db?mode=ro", "sqlite:data/linerent.db?mode=ro"),
            ("sqlite:x.db?key=secret", "sqlite:x.db?key=********"),
            ("postgres://db.example.com/linerent", "postgres://db.example.com/linerent"),
            ("postgres://ada:secret@db/linerent", "postgres://ada:********@db/linerent"),
            ("postgres://ada:se@cret@db/linerent", "postgres://ada:********@db/linerent"),
            ("postgres://db/x?password=secret&port=1", "postgres://db/x?password=********&port=1"),
            ("postgres:///x?host=/run/pg", "postgres:///x?host=/run/pg"),
            ("smtps://mail.example.com?tls=required", "smtps://mail.example.com?tls=required"),
            ("smtps://ada:secret@mail.example.com", "smtps://ada:********@mail.example.com"),
            // Not a URL, or one by accident only.
            ("linerent.db", "********"),
            ("secret", "********"),
            ("ada:secret@db", "********"),
            ("ada:secret", "********"),
            ("host=db password=secret", "********"),
            ("postgres://ada:12/secret@db/linerent", "********"),
            ("postgres://ada:12?secret@db/linerent", "********"),
            ("postgres://ada:12#secret@db/linerent", "********"),
            ("postgres://db/x?secret", "postgres://db/x?********"),
            ("sqlite://ada:secret@db", "sqlite://ada:********@db"),
        ] {
            let seen = without_password(url);
            assert_eq!(seen, shown, "{url}");
            assert!(!seen.contains("secret"), "{url}");
        }
    }

    #[test]
    fn a_secret_under_the_wrong_key_is_not_shown() {
        for text in ["sk_live_1", "rk_test_1", " sk_test_1", "https://ada:secret@example.com"] {
            assert_eq!(without_a_stray_secret(text), "********");
        }
        for text in ["127.0.0.1:9480", "Billing <billing@example.com>", "https://api.stripe.com"] {
            assert_eq!(without_a_stray_secret(text), text);
        }
    }
}
