//! The gateway's part of the configuration.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::{in_range, is_this_machine, secret_in, without_a_stray_secret};
use crate::payments::{GatewaySettings, StripeSettings};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stripe {
    api_key: Option<SecretString>,
    api_key_file: Option<PathBuf>,
    api_base: String,
    connect_timeout_s: u64,
    timeout_s: u64,
}

/// The gateway of that name.
pub(super) fn gateway(name: &str, stripe: &Stripe) -> Result<GatewaySettings> {
    match name {
        "sandbox" => Ok(GatewaySettings::Sandbox),
        "stripe" => Ok(GatewaySettings::Stripe(stripe.settings()?)),
        other => bail!("`payments.gateway` is `{other}`\nhint: use sandbox or stripe"),
    }
}

impl Stripe {
    fn settings(&self) -> Result<StripeSettings> {
        in_range("payments.stripe.connect_timeout_s", self.connect_timeout_s, 1, 60)?;
        in_range("payments.stripe.timeout_s", self.timeout_s, 1, 120)?;
        let api_base = self.api_base.trim_end_matches('/').to_owned();
        refuse_unless_safe(&api_base)?;
        Ok(StripeSettings {
            api_key: self.api_key()?,
            api_base,
            connect_timeout: Duration::from_secs(self.connect_timeout_s),
            timeout: Duration::from_secs(self.timeout_s),
        })
    }

    /// The key, from its file or as it is set. It is never repeated in an error.
    fn api_key(&self) -> Result<SecretString> {
        let key = match (&self.api_key_file, &self.api_key) {
            (Some(file), _) => secret_in("payments.stripe.api_key_file", file)?,
            (None, Some(key)) => key.expose_secret().to_owned(),
            (None, None) => bail!(
                "`payments.gateway` is `stripe`, and there is no `payments.stripe.api_key`\nhint: set LINERENT__PAYMENTS__STRIPE__API_KEY, or name a file that holds it in `payments.stripe.api_key_file`"
            ),
        };
        let key = key.trim();
        let is_secret = ["sk_test_", "rk_test_", "sk_live_", "rk_live_"]
            .iter()
            .any(|prefix| key.len() > prefix.len() && key.starts_with(prefix));
        if !is_secret || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            bail!(
                "`payments.stripe.api_key` is no secret key of Stripe's\nhint: it begins with sk_live_, sk_test_, rk_live_ or rk_test_; the dashboard shows it under API keys"
            );
        }
        Ok(key.to_owned().into())
    }
}

/// The key is in every request: it goes over TLS, or does not leave this machine.
fn refuse_unless_safe(api_base: &str) -> Result<()> {
    let is_url = |text: &str| !text.is_empty() && !text.contains(['@', '?', '#', ' ']);
    if let Some(rest) = api_base.strip_prefix("https://")
        && is_url(rest)
    {
        return Ok(());
    }
    let authority = api_base.strip_prefix("http://").and_then(|rest| rest.split('/').next());
    let host = authority
        .filter(|it| is_url(it))
        .map(|authority| authority.rsplit_once(':').map_or(authority, |(host, _)| host));
    if host.is_some_and(is_this_machine) {
        return Ok(());
    }
    bail!(
        "`payments.stripe.api_base` is `{}`\nhint: use https://…; plain http is for 127.0.0.1 only",
        if api_base.contains('@') { "…".into() } else { without_a_stray_secret(api_base) }
    )
}

#[cfg(test)]
mod tests {
    use super::refuse_unless_safe;

    #[test]
    fn the_key_goes_over_tls_or_stays_on_this_machine() {
        for base in [
            "https://api.stripe.com",
            "http://127.0.0.1:8420",
            "http://localhost:1",
            "http://[::1]:8420",
        ] {
            assert!(refuse_unless_safe(base).is_ok(), "{base}");
        }
        for base in [
            "",
            "api.stripe.com",
            "http://api.stripe.com",
            "http://127.0.0.1.example.com",
            "https://",
            "ftp://127.0.0.1",
            "http://user@127.0.0.1",
            "http://",
        ] {
            assert!(refuse_unless_safe(base).is_err(), "{base}");
        }
    }
}
