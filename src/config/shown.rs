//! The configuration as an operator sees it: every key, its value, where that comes from, and no secret.

use std::borrow::Cow;
use std::path::Path;

use anyhow::Result;
use config::{Value, ValueKind};
use serde::Serialize;
use url::Url;

use super::keys::{self, MASK};
use super::layers::{Layers, find};

/// One key of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Setting {
    /// With its sections: `mail.smtp.url`.
    pub key: String,
    /// As it is set, always as text; none where it is not set.
    pub value: Option<String>,
    /// `default`, the path of a file, the name of an environment variable, or `--database`; none where
    /// it is not set.
    pub origin: Option<String>,
    /// Whether the value, or a part of it, is secret and shown as `********`.
    pub is_masked: bool,
    /// Whether there is such a key. Others are refused by every command but this one.
    pub is_known: bool,
}

/// Every key that there is, in the order of `config/default.toml`, and after them what else is set.
/// Values may be impossible: that is when somebody wants to see them.
///
/// # Errors
/// Where a layer cannot be read at all.
pub fn show(file: Option<&Path>, database_url: Option<&str>) -> Result<Vec<Setting>> {
    let layers = Layers::read(file, database_url)?;
    let known = keys::known();
    let mut settings: Vec<_> = known.iter().map(|key| setting(&layers, &known, key)).collect();
    let mut others = Vec::new();
    collect_unknown(&layers, &known, "", layers.root(), &mut others);
    others.sort_by(|one, other| one.key.cmp(&other.key));
    settings.extend(others);
    Ok(settings)
}

fn setting(layers: &Layers, known: &[String], key: &str) -> Setting {
    let key = key.to_owned();
    let file_key = keys::file_key(&key, known);
    // What a file holds goes before what is written out.
    if let Some(file) = file_key.as_ref().and_then(|file_key| find(layers.root(), file_key)) {
        let origin = Some(plain(&file.kind).unwrap_or_default());
        return Setting {
            key,
            value: Some(MASK.to_owned()),
            origin: origin.map(|file| without_a_stray_secret(&file).into_owned()),
            is_masked: true,
            is_known: true,
        };
    }
    let Some(value) = find(layers.root(), &key) else {
        return Setting { key, value: None, origin: None, is_masked: false, is_known: true };
    };
    let origin = Some(layers.origin_of(&key, value));
    let shown = match plain(&value.kind) {
        Some(text) if file_key.is_none() => without_a_stray_secret(&text).into_owned(),
        Some(text) if key.ends_with(".url") => without_password(&text),
        _ => MASK.to_owned(),
    };
    let is_masked = shown.contains(MASK);
    Setting { key, value: Some(shown), origin, is_masked, is_known: true }
}

/// What is set and is no key. It may be a secret under a name that was misspelt, and is not shown.
fn collect_unknown(
    layers: &Layers,
    known: &[String],
    path: &str,
    value: &Value,
    others: &mut Vec<Setting>,
) {
    let is_section = path.is_empty() || keys::sections().any(|section| section == path);
    match &value.kind {
        ValueKind::Table(table) if is_section => {
            for (name, value) in table {
                let dot = if path.is_empty() { "" } else { "." };
                collect_unknown(layers, known, &format!("{path}{dot}{name}"), value, others);
            }
        }
        _ if known.iter().any(|key| key == path) => {}
        _ => others.push(Setting {
            key: path.to_owned(),
            value: Some(MASK.to_owned()),
            origin: Some(layers.origin_of(path, value)),
            is_masked: true,
            is_known: false,
        }),
    }
}

/// A value that is one: no list, no table.
fn plain(kind: &ValueKind) -> Option<String> {
    match kind {
        ValueKind::Nil | ValueKind::Table(_) | ValueKind::Array(_) => None,
        other => Some(other.to_string()),
    }
}

/// A value that is no secret, unless somebody took one key for another.
pub(super) fn without_a_stray_secret(text: &str) -> Cow<'_, str> {
    let begins =
        ["sk_", "rk_", "whsec_", "-----BEGIN"].iter().any(|it| text.trim().starts_with(it));
    let is_url_with_password = text.contains("://") && text.contains('@');
    Cow::Borrowed(if begins || is_url_with_password { MASK } else { text })
}

/// Parameters of a URL whose values everybody may see.
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

/// A URL without its password; nothing of it where a part that is no password could be one.
fn without_password(text: &str) -> String {
    if text.is_empty() || text.starts_with("sqlite:") && !text.contains(['@', '?']) {
        return text.to_owned();
    }
    let read = Url::parse(text).ok().filter(|url| !url.cannot_be_a_base() || is_sqlite(url));
    let Some(mut url) = read else { return MASK.to_owned() };
    // A password with a slash or a question mark that was not escaped ends up behind the host.
    let behind_the_host = [Some(url.path()), url.query(), url.fragment()];
    if url.fragment().is_some() || behind_the_host.into_iter().flatten().any(|it| it.contains('@'))
    {
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
            // What is no URL, or one by accident only.
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
    fn a_secret_in_a_strangers_place_is_not_shown_either() {
        for text in ["sk_live_1", "rk_test_1", " sk_test_1", "https://ada:secret@example.com"] {
            assert_eq!(without_a_stray_secret(text), "********");
        }
        for text in ["127.0.0.1:9480", "Billing <billing@example.com>", "https://api.stripe.com"] {
            assert_eq!(without_a_stray_secret(text), text);
        }
    }
}
