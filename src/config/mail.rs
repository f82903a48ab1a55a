//! The mail's part of the configuration.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use chrono::TimeDelta;
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use url::{Host, Url};

use super::{duration, in_range, is_this_machine, secret_in};
use crate::mail::{
    DkimSettings, MailSettings, Mailbox, SmtpSecurity, SmtpSettings, TransportSettings, mailbox_of,
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mail {
    transport: String,
    dir: PathBuf,
    from: String,
    reply_to: Option<String>,
    operator: Option<String>,
    templates: Option<PathBuf>,
    give_up_after: String,
    rate_max_per_s: u32,
    smtp: Smtp,
    dkim: Dkim,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Smtp {
    url: Option<SecretString>,
    url_file: Option<PathBuf>,
    user: Option<String>,
    password: Option<SecretString>,
    password_file: Option<PathBuf>,
    connections_max: u32,
    timeout_s: u64,
    ca_file: Option<PathBuf>,
    hello_name: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Dkim {
    selector: Option<String>,
    domain: Option<String>,
    key_file: Option<PathBuf>,
}

impl Mail {
    pub(super) const fn has_operator(&self) -> bool {
        self.operator.is_some()
    }

    pub(super) fn settings(&self) -> Result<MailSettings> {
        let from = mailbox("mail.from", &self.from)?;
        let optional =
            |key, text: &Option<String>| text.as_deref().map(|text| mailbox(key, text)).transpose();
        let give_up_after = duration("mail.give_up_after", &self.give_up_after, 60)?;
        in_range("mail.rate_max_per_s", u64::from(self.rate_max_per_s), 0, 100_000)?;
        Ok(MailSettings {
            reply_to: optional("mail.reply_to", &self.reply_to)?,
            operator: optional("mail.operator", &self.operator)?,
            templates: self.templates.clone(),
            dkim: self.dkim.settings(&from)?,
            transport: self.transport(&from)?,
            give_up_after: TimeDelta::from_std(give_up_after).unwrap_or(TimeDelta::MAX),
            rate_max_per_s: Some(self.rate_max_per_s).filter(|rate| *rate > 0),
            from,
        })
    }

    fn transport(&self, from: &Mailbox) -> Result<TransportSettings> {
        match self.transport.as_str() {
            "file" => Ok(TransportSettings::File(self.dir.clone())),
            "smtp" if from.email.domain() == "localhost" => bail!(
                "`mail.transport` is `smtp`, and `mail.from` is `{from}`, to which nobody can answer\nhint: set `mail.from`, for example Example Numbers <billing@example.com>"
            ),
            "smtp" => Ok(TransportSettings::Smtp(self.smtp.settings()?)),
            other => bail!("`mail.transport` is `{other}`\nhint: use file or smtp"),
        }
    }
}

fn mailbox(key: &str, text: &str) -> Result<Mailbox> {
    mailbox_of(text).with_context(|| format!("`{key}` is no mailbox"))
}

impl Smtp {
    fn settings(&self) -> Result<SmtpSettings> {
        in_range("mail.smtp.connections_max", u64::from(self.connections_max), 1, 100)?;
        in_range("mail.smtp.timeout_s", self.timeout_s, 1, 60)?;
        let url = self.url()?;
        let security = security(&url)?;
        let host = match url.host() {
            Some(Host::Domain(name)) => {
                idna::domain_to_ascii(name).unwrap_or_else(|_| name.to_owned())
            }
            Some(address) => address.to_string().trim_matches(['[', ']']).to_owned(),
            None => return Err(no_url()),
        };
        let port = url.port().unwrap_or(match security {
            SmtpSecurity::Tls => 465,
            SmtpSecurity::StartTls => 587,
            SmtpSecurity::None => 25,
        });
        let credentials = self.credentials(&url)?;
        if credentials.is_some() && security == SmtpSecurity::None && !is_local(&url) {
            bail!(
                "`mail.smtp` would send its password for all to read\nhint: use smtps:// or ?tls=required"
            );
        }
        Ok(SmtpSettings {
            host,
            port,
            security,
            credentials,
            connections_max: self.connections_max,
            timeout: Duration::from_secs(self.timeout_s),
            ca_file: self.ca_file.clone(),
            hello_name: self.hello_name.clone(),
        })
    }

    /// The URL, which may hold a password, and is never repeated in an error.
    fn url(&self) -> Result<Url> {
        let text = match (&self.url_file, &self.url) {
            (Some(file), _) => secret_in("mail.smtp.url_file", file)?,
            (None, Some(url)) => url.expose_secret().to_owned(),
            (None, None) => return Err(no_url()),
        };
        let url = Url::parse(text.trim()).ok().filter(|url| url.has_host());
        // Behind the host is what was meant for a password, and not written as a URL wants it.
        let ends_with_host = |url: &Url| matches!(url.path(), "" | "/") && url.fragment().is_none();
        url.filter(|url| matches!(url.scheme(), "smtp" | "smtps") && ends_with_host(url))
            .ok_or_else(no_url)
    }

    /// User and password, from the URL or as they are set.
    fn credentials(&self, url: &Url) -> Result<Option<(String, SecretString)>> {
        let user = match (&self.user, url.username()) {
            (Some(user), _) => user.clone(),
            (None, "") if self.password.is_some() || self.password_file.is_some() => {
                bail!("`mail.smtp` has a password, and no user\nhint: set `mail.smtp.user`")
            }
            (None, "") => return Ok(None),
            (None, user) => decoded(user)?,
        };
        let password = match (&self.password_file, &self.password, url.password()) {
            (Some(file), ..) => secret_in("mail.smtp.password_file", file)?,
            (None, Some(password), _) => password.expose_secret().to_owned(),
            (None, None, Some(password)) => decoded(password)?,
            (None, None, None) => bail!(
                "`mail.smtp.user` has no password\nhint: set LINERENT__MAIL__SMTP__PASSWORD, or name a file that holds it in `mail.smtp.password_file`"
            ),
        };
        Ok(Some((user, password.into())))
    }
}

fn no_url() -> anyhow::Error {
    anyhow::anyhow!(
        "`mail.smtp.url` is missing or no address of a mail server\nhint: write smtps://USER:PASSWORD@mail.example.com, or smtp://127.0.0.1:25 for a relay on this machine"
    )
}

fn is_local(url: &Url) -> bool {
    url.host_str().is_some_and(is_this_machine)
}

/// What the URL says of TLS: `smtps` has it from the start; `smtp` asks for it, but for a relay on this
/// machine.
fn security(url: &Url) -> Result<SmtpSecurity> {
    let mut wanted = None;
    for (key, value) in url.query_pairs() {
        if key != "tls" {
            // It may be part of a password that was not written as a URL wants it.
            bail!(
                "`mail.smtp.url` has a parameter that is not `tls`\nhint: write other characters of a user or password as %3F and the like"
            );
        }
        wanted = Some(value.into_owned());
    }
    match (url.scheme(), wanted.as_deref()) {
        ("smtps", None | Some("required")) => Ok(SmtpSecurity::Tls),
        ("smtp", Some("required")) => Ok(SmtpSecurity::StartTls),
        ("smtp", None) if !is_local(url) => Ok(SmtpSecurity::StartTls),
        ("smtp", None | Some("none")) if is_local(url) => Ok(SmtpSecurity::None),
        ("smtp", Some("none")) => bail!(
            "`mail.smtp.url` asks for no TLS, over which everybody could read the mails\nhint: that is for a relay on this machine; use smtps:// or ?tls=required"
        ),
        _ => bail!(
            "`mail.smtp.url` has `tls={}`\nhint: use required or none",
            wanted.unwrap_or_default()
        ),
    }
}

fn decoded(text: &str) -> Result<String> {
    let text = percent_decode_str(text).decode_utf8();
    Ok(text.context("the user or password in `mail.smtp.url` is no text")?.into_owned())
}

impl Dkim {
    fn settings(&self, from: &Mailbox) -> Result<Option<DkimSettings>> {
        let (Some(selector), Some(file)) = (&self.selector, &self.key_file) else {
            if self.selector.is_some() || self.key_file.is_some() || self.domain.is_some() {
                bail!(
                    "`mail.dkim` is half configured\nhint: set both `mail.dkim.selector` and `mail.dkim.key_file`"
                );
            }
            return Ok(None);
        };
        let domain = self.domain.clone().unwrap_or_else(|| from.email.domain().to_owned());
        let is_name = |text: &str| {
            !text.is_empty()
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
        };
        for (key, name) in [("selector", selector), ("domain", &domain)] {
            if !is_name(name) {
                bail!(
                    "`mail.dkim.{key}` is `{name}`\nhint: it is part of a name in the DNS, for example mail2026 or example.com"
                );
            }
        }
        let key = secret_in("mail.dkim.key_file", file)?.into();
        Ok(Some(DkimSettings { domain, selector: selector.clone(), key }))
    }
}
