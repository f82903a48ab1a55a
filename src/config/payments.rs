//! `[payments]`: the gateway.

use anyhow::{Result, bail};
use secrecy::{ExposeSecret as _, SecretString};

use super::error::ConfigError;
use super::keys::{Key, Kind, key};
use super::values::Values;
use super::{is_this_machine, without_a_stray_secret};
use crate::payments::{GatewaySettings, StripeSettings};

pub(super) const KEYS: &[Key] = &[
    key("payments.gateway", Kind::word::<GatewayName>()),
    key("payments.concurrent_max", Kind::whole(1, 1_000)),
    key("payments.test_in_production", Kind::Flag),
    key("payments.stripe.api_key", Kind::Secret),
    key("payments.stripe.api_key_file", Kind::Path),
    key("payments.stripe.api_base", Kind::Text),
    key("payments.stripe.connect_timeout_s", Kind::whole(1, 60)),
    key("payments.stripe.timeout_s", Kind::whole(1, 120)),
];

/// The words of `payments.gateway`.
#[derive(strum::EnumString, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
enum GatewayName {
    Sandbox,
    Stripe,
}

pub(super) fn gateway(values: &Values) -> Result<GatewaySettings> {
    match values.word("payments.gateway") {
        GatewayName::Sandbox => Ok(GatewaySettings::Sandbox),
        GatewayName::Stripe => stripe(values).map(GatewaySettings::Stripe),
    }
}

fn stripe(values: &Values) -> Result<StripeSettings> {
    let api_base = values.text("payments.stripe.api_base").trim_end_matches('/').to_owned();
    refuse_unless_safe(&api_base)?;
    Ok(StripeSettings {
        api_key: api_key(values)?,
        api_base,
        connect_timeout: values.seconds("payments.stripe.connect_timeout_s"),
        timeout: values.seconds("payments.stripe.timeout_s"),
    })
}

/// The key, which no error repeats.
fn api_key(values: &Values) -> Result<SecretString> {
    let Some(key) = values.find_secret("payments.stripe.api_key")? else {
        bail!(ConfigError::invalid(
            "`payments.gateway` is `stripe`, but `payments.stripe.api_key` is not set",
            "set LINERENT__PAYMENTS__STRIPE__API_KEY, or write the key to a file and name it in `payments.stripe.api_key_file`"
        ));
    };
    let key = key.expose_secret().trim();
    let is_secret = ["sk_test_", "rk_test_", "sk_live_", "rk_live_"]
        .iter()
        .any(|prefix| key.len() > prefix.len() && key.starts_with(prefix));
    if !is_secret || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        bail!(ConfigError::invalid(
            "`payments.stripe.api_key` is not a secret or restricted key of Stripe",
            "use a key that begins with sk_live_, sk_test_, rk_live_ or rk_test_; Stripe's dashboard shows it under API keys"
        ));
    }
    Ok(key.to_owned().into())
}

/// Every request contains the key, so it must be encrypted unless it stays on this machine.
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
    bail!(ConfigError::invalid(
        format!(
            "`payments.stripe.api_base` is `{}`",
            if api_base.contains('@') { "…".into() } else { without_a_stray_secret(api_base) }
        ),
        "use an https:// URL; http:// is allowed for this machine only, such as http://127.0.0.1:8420"
    ))
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
