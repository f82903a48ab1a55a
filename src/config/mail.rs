//! `[mail]`: who sends notices, and how they are delivered.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use chrono::TimeDelta;
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret as _, SecretString};
use url::{Host, Url};

use super::error::ConfigError;
use super::keys::{Key, Kind, key};
use super::values::Values;
use super::{is_this_machine, secret_in};
use crate::mail::{
    DkimSettings, MailSettings, Mailbox, SmtpSecurity, SmtpSettings, TransportSettings, mailbox_of,
};

pub(super) const KEYS: &[Key] = &[
    key("mail.transport", Kind::word::<Transport>()),
    key("mail.dir", Kind::Path),
    key("mail.from", Kind::Text),
    key("mail.reply_to", Kind::Text),
    key("mail.operator", Kind::Text),
    key("mail.templates", Kind::Path),
    key("mail.give_up_after", Kind::at_least(Duration::from_mins(1))),
    key("mail.rate_max_per_s", Kind::whole(0, 100_000)),
    key("mail.smtp.url", Kind::SecretUrl),
    key("mail.smtp.url_file", Kind::Path),
    key("mail.smtp.user", Kind::Text),
    key("mail.smtp.password", Kind::Secret),
    key("mail.smtp.password_file", Kind::Path),
    key("mail.smtp.connections_max", Kind::whole(1, 100)),
    key("mail.smtp.timeout_s", Kind::whole(1, 60)),
    key("mail.smtp.ca_file", Kind::Path),
    key("mail.smtp.hello_name", Kind::Text),
    key("mail.dkim.selector", Kind::Text),
    key("mail.dkim.key_file", Kind::Path),
    key("mail.dkim.domain", Kind::Text),
];

/// The words of `mail.transport`.
#[derive(strum::EnumString, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
enum Transport {
    File,
    Smtp,
}

pub(super) fn settings(values: &Values) -> Result<MailSettings> {
    let from = mailbox("mail.from", values.text("mail.from"))?;
    let optional = |key| values.find_text(key).map(|text| mailbox(key, text)).transpose();
    let give_up_after = values.time("mail.give_up_after");
    let rate_max = values.whole("mail.rate_max_per_s");
    Ok(MailSettings {
        reply_to: optional("mail.reply_to")?,
        operator: optional("mail.operator")?,
        templates: values.find_path("mail.templates"),
        dkim: dkim(values, &from)?,
        transport: transport(values, &from)?,
        give_up_after: TimeDelta::from_std(give_up_after).unwrap_or(TimeDelta::MAX),
        rate_max_per_s: Some(rate_max).filter(|rate| *rate > 0),
        from,
    })
}

fn transport(values: &Values, from: &Mailbox) -> Result<TransportSettings> {
    match values.word("mail.transport") {
        Transport::Smtp if from.email.domain() == "localhost" => bail!(ConfigError::invalid(
            format!(
                "`mail.from` is `{from}`; it must be an address that can receive mail when `mail.transport` is `smtp`"
            ),
            "set `mail.from`, for example Example Numbers <billing@example.com>"
        )),
        Transport::Smtp => smtp(values).map(TransportSettings::Smtp),
        Transport::File => Ok(TransportSettings::File(values.text("mail.dir").into())),
    }
}

fn mailbox(key: &str, text: &str) -> Result<Mailbox> {
    mailbox_of(text).with_context(|| format!("`{key}` is not a mail address"))
}

fn smtp(values: &Values) -> Result<SmtpSettings> {
    let url = smtp_url(values)?;
    let security = security(&url)?;
    let host = match url.host() {
        Some(Host::Domain(name)) => idna::domain_to_ascii(name).unwrap_or_else(|_| name.to_owned()),
        Some(address) => address.to_string().trim_matches(['[', ']']).to_owned(),
        None => return Err(no_url()),
    };
    let port = url.port().unwrap_or(match security {
        SmtpSecurity::Tls => 465,
        SmtpSecurity::StartTls => 587,
        SmtpSecurity::None => 25,
    });
    let credentials = credentials(values, &url)?;
    if credentials.is_some() && security == SmtpSecurity::None && !is_local(&url) {
        bail!(ConfigError::invalid(
            "`mail.smtp.url` would send the password unencrypted",
            "use smtps:// or ?tls=required"
        ));
    }
    Ok(SmtpSettings {
        host,
        port,
        security,
        credentials,
        connections_max: values.whole("mail.smtp.connections_max"),
        timeout: values.seconds("mail.smtp.timeout_s"),
        ca_file: values.find_path("mail.smtp.ca_file"),
        hello_name: values.find_text("mail.smtp.hello_name").map(str::to_owned),
    })
}

/// The URL, which may contain a password: no error repeats it.
fn smtp_url(values: &Values) -> Result<Url> {
    let text = values.find_secret("mail.smtp.url")?.ok_or_else(no_url)?;
    let url = Url::parse(text.expose_secret().trim()).ok().filter(Url::has_host);
    // Anything after the host may be the rest of a password that was not percent-encoded.
    let ends_with_host = |url: &Url| matches!(url.path(), "" | "/") && url.fragment().is_none();
    url.filter(|url| matches!(url.scheme(), "smtp" | "smtps") && ends_with_host(url))
        .ok_or_else(no_url)
}

/// User and password, from their own keys or else from the URL.
fn credentials(values: &Values, url: &Url) -> Result<Option<(String, SecretString)>> {
    let password = values.find_secret("mail.smtp.password")?;
    let user = match (values.find_text("mail.smtp.user"), url.username()) {
        (Some(user), _) => user.to_owned(),
        (None, "") if password.is_some() => {
            bail!(ConfigError::invalid(
                "`mail.smtp.password` is set without a user",
                "set `mail.smtp.user`"
            ))
        }
        (None, "") => return Ok(None),
        (None, user) => decoded(user)?,
    };
    let password = match (password, url.password()) {
        (Some(password), _) => password,
        (None, Some(password)) => decoded(password)?.into(),
        (None, None) => bail!(ConfigError::invalid(
            "`mail.smtp.user` is set without a password",
            "set LINERENT__MAIL__SMTP__PASSWORD, or write the password to a file and name it in `mail.smtp.password_file`"
        )),
    };
    Ok(Some((user, password)))
}

fn no_url() -> anyhow::Error {
    ConfigError::invalid(
        "`mail.smtp.url` is not set, or is not the URL of a mail server",
        "use smtps://USER:PASSWORD@mail.example.com, or smtp://127.0.0.1:25 for a relay on this machine; in a user or password write @ as %40, / as %2F, # as %23 and : as %3A",
    )
    .into()
}

fn is_local(url: &Url) -> bool {
    url.host_str().is_some_and(is_this_machine)
}

/// The security in the URL: `smtps` begins with TLS; `smtp` asks for STARTTLS, except for a relay on this
/// machine.
fn security(url: &Url) -> Result<SmtpSecurity> {
    let mut wanted = None;
    for (key, value) in url.query_pairs() {
        if key != "tls" {
            // It may be the rest of a password that was not percent-encoded.
            bail!(ConfigError::invalid(
                "`mail.smtp.url` has a parameter that is not `tls`",
                "in a user or password write ? as %3F"
            ));
        }
        wanted = Some(value.into_owned());
    }
    match (url.scheme(), wanted.as_deref()) {
        ("smtps", None | Some("required")) => Ok(SmtpSecurity::Tls),
        ("smtp", Some("required")) => Ok(SmtpSecurity::StartTls),
        ("smtp", None) if !is_local(url) => Ok(SmtpSecurity::StartTls),
        ("smtp", None | Some("none")) if is_local(url) => Ok(SmtpSecurity::None),
        ("smtp", Some("none")) => bail!(ConfigError::invalid(
            "`mail.smtp.url` disables TLS, which is allowed only for a relay on this machine",
            "use smtps:// or ?tls=required"
        )),
        _ => bail!(ConfigError::invalid(
            format!("`mail.smtp.url` has `tls={}`", wanted.unwrap_or_default()),
            "use required or none"
        )),
    }
}

fn decoded(text: &str) -> Result<String> {
    let text = percent_decode_str(text).decode_utf8();
    Ok(text.context("the user or password in `mail.smtp.url` is not UTF-8")?.into_owned())
}

fn dkim(values: &Values, from: &Mailbox) -> Result<Option<DkimSettings>> {
    let selector = values.find_text("mail.dkim.selector");
    let domain = values.find_text("mail.dkim.domain");
    let file = values.find_path("mail.dkim.key_file");
    let (Some(selector), Some(file)) = (selector, &file) else {
        if selector.is_some() || file.is_some() || domain.is_some() {
            bail!(ConfigError::invalid(
                "`mail.dkim` is incomplete",
                "set both `mail.dkim.selector` and `mail.dkim.key_file`"
            ));
        }
        return Ok(None);
    };
    let domain = domain.unwrap_or_else(|| from.email.domain());
    let is_name = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
    };
    for (key, name) in [("selector", selector), ("domain", domain)] {
        if !is_name(name) {
            bail!(ConfigError::invalid(
                format!("`mail.dkim.{key}` is `{name}`"),
                "use a name as in the DNS, for example mail2026 or example.com"
            ));
        }
    }
    let key = secret_in("mail.dkim.key_file", file)?.into();
    Ok(Some(DkimSettings { domain: domain.to_owned(), selector: selector.to_owned(), key }))
}
