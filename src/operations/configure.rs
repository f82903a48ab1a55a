//! `configure`: where the messages and calls of a rented number go.
//!
//! Webhooks are asked first, with no transaction open; then all of it is written, or nothing.

use anyhow::Result;
use futures_util::future::join_all;
use serde::Serialize;

use super::views::ConfigurationView;
use super::{App, Refusal, cancel};
use crate::rental::configuration::{Configuration, Field, Unusable, VoiceCallback, WebhookUrl};
use crate::rental::{
    InventoryNumber, Msisdn, NumberStatus, SubscriptionFilter, SubscriptionRecord,
};
use crate::store::StoreError;
use crate::webhooks::{Checker, Failure, Trouble};

/// How often a change is tried that others get in the way of.
const ATTEMPTS_MAX: usize = 20;

/// What is asked for, as it was written; what is neither set nor cleared stays.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// The webhook for messages.
    pub inbound_sms_url: Option<String>,
    /// `sip`, `tel` or `url`, and where calls go.
    pub voice_callback: Option<(String, String)>,
    /// The webhook for the state of calls.
    pub voice_status_url: Option<String>,
    /// The application.
    pub application: Option<String>,
    /// The `system_type` over SMPP.
    pub smpp_system_type: Option<String>,
    /// What is taken away.
    pub clear: Vec<Field>,
    /// Whether webhooks are saved without being asked.
    pub skip_check: bool,
}

/// A rented number and how it is configured.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct Configured {
    /// The number.
    pub number: String,
    /// The key of the account that rents it, to whose rental the configuration belongs.
    pub account: String,
    /// How it is configured now.
    #[serde(flatten)]
    pub configuration: ConfigurationView,
    /// The fields whose webhooks were asked just now, and answered.
    pub checked: Vec<&'static str>,
    /// The fields whose webhooks were saved just now without being asked.
    pub unchecked: Vec<&'static str>,
}

/// How the number is configured that `msisdn`, and `key` where many rent it, speak of.
///
/// # Errors
/// As [`cancel::find`].
pub async fn show(app: &App, msisdn: &str, key: Option<&str>) -> Result<Configured> {
    let rental = cancel::find(app, msisdn, key).await?;
    let configuration =
        app.store.configuration_of(rental.account, rental.subscription.ordinal).await?;
    Ok(configured(&rental, &configuration))
}

/// Sets and clears what `wanted` says, all of it or nothing.
///
/// # Errors
/// As [`cancel::find`]; refuses values that are none, and webhooks that do not answer as they should.
pub async fn configure(
    app: &App,
    msisdn: &str,
    key: Option<&str>,
    wanted: &Wanted,
) -> Result<Configured> {
    let new = read(wanted)?;
    let rental = cancel::find(app, msisdn, key).await?;
    refuse_a_loop(&new, &rental.subscription.msisdn)?;
    let webhooks = new.webhooks();
    check(&Checker::new(app.settings.webhooks), &webhooks, wanted.skip_check).await?;
    let after = write(app, &rental, &new, &wanted.clear).await?;
    let asked = webhooks.into_iter().map(|(field, _)| field.as_str()).collect();
    let (checked, unchecked) =
        if wanted.skip_check { (Vec::new(), asked) } else { (asked, Vec::new()) };
    Ok(Configured { checked, unchecked, ..configured(&rental, &after) })
}

/// How its one renter has a number configured; nothing where nobody rents it, or many may.
pub(super) async fn of_renter(
    app: &App,
    found: &InventoryNumber,
) -> Result<Option<ConfigurationView>> {
    let NumberStatus::Rented(account) = found.status else { return Ok(None) };
    let configuration = app.store.configuration_of_number(account, &found.number.msisdn).await?;
    Ok(Some(ConfigurationView::from(&configuration)))
}

fn configured(rental: &SubscriptionRecord, configuration: &Configuration) -> Configured {
    Configured {
        number: rental.subscription.msisdn.to_string(),
        account: rental.account.to_string(),
        configuration: configuration.into(),
        checked: Vec::new(),
        unchecked: Vec::new(),
    }
}

/// What `wanted` sets, each value as its field wants it.
fn read(wanted: &Wanted) -> Result<Configuration> {
    fn value<T>(field: Field, read: Option<Result<T, Unusable>>) -> Result<Option<T>> {
        read.transpose().map_err(|Unusable { reason, hint }| {
            Refusal::with_hint(format!("`--{}` {reason}", field.option()), hint).into()
        })
    }
    let callback = wanted.voice_callback.as_ref();
    let (sms, status) = (wanted.inbound_sms_url.as_ref(), wanted.voice_status_url.as_ref());
    let (application, smpp) = (wanted.application.as_ref(), wanted.smpp_system_type.as_ref());
    let new = Configuration {
        inbound_sms_url: value(Field::InboundSmsUrl, sms.map(|it| it.parse()))?,
        voice_callback: value(
            Field::VoiceCallback,
            callback.map(|(kind, value)| VoiceCallback::read(kind, value)),
        )?,
        voice_status_url: value(Field::VoiceStatusUrl, status.map(|it| it.parse()))?,
        application: value(Field::Application, application.map(|it| it.parse()))?,
        smpp_system_type: value(Field::SmppSystemType, smpp.map(|it| it.parse()))?,
    };
    if let Some(both) = wanted.clear.iter().find(|field| new.has(**field)) {
        let option = both.option();
        return Err(Refusal::new(format!("`--{option}` cannot be set and cleared at once")).into());
    }
    Ok(new)
}

fn refuse_a_loop(new: &Configuration, own: &Msisdn) -> Result<()> {
    match &new.voice_callback {
        Some(VoiceCallback::Tel(number)) if number == own => Err(Refusal::with_hint(
            format!("calls to {own} cannot go to {own} itself"),
            "use another number for `--voice-callback tel`",
        )
        .into()),
        _ => Ok(()),
    }
}

/// Asks all of `webhooks` at once, or only looks at what they say of themselves.
async fn check(
    checker: &Checker,
    webhooks: &[(Field, &WebhookUrl)],
    skip_check: bool,
) -> Result<()> {
    let checks = webhooks.iter().map(async |(field, url)| {
        let outcome = if skip_check { checker.admit(url) } else { checker.check(url).await };
        outcome.err().map(|failure| (*field, failure))
    });
    let failures: Vec<_> = join_all(checks).await.into_iter().flatten().collect();
    if failures.is_empty() {
        return Ok(());
    }
    let reasons: Vec<_> = failures
        .iter()
        .map(|(field, failure)| format!("`--{}` was not saved: {failure}", field.option()))
        .collect();
    Err(Refusal::with_hint(reasons.join("; "), remedy(&failures)).into())
}

fn remedy(failures: &[(Field, Failure)]) -> &'static str {
    let is_private =
        |(_, failure): &(Field, Failure)| matches!(failure.trouble, Trouble::NotPublic(_));
    if failures.iter().any(is_private) {
        "use a public address; where webhooks are meant to be in a private network, set `webhooks.allow_private` to `true`"
    } else {
        "it must answer GET with 2xx; `--skip-check` saves it without asking"
    }
}

/// Changes the configuration of a rental that is still live; returns what it is now.
async fn write(
    app: &App,
    rental: &SubscriptionRecord,
    new: &Configuration,
    clear: &[Field],
) -> Result<Configuration> {
    let ordinal = rental.subscription.ordinal;
    for _ in 0..ATTEMPTS_MAX {
        // The version first: whatever changes after it has been read makes the writing fail.
        let account = app.account(rental.account).await?;
        refuse_if_over(app, rental).await?;
        let before = app.store.configuration_of(account.id, ordinal).await?;
        let mut after = before.clone();
        clear.iter().for_each(|field| after.clear(*field));
        after.set(new);
        if after == before {
            return Ok(after);
        }
        let written =
            app.store.write_configuration(account.id, account.version, ordinal, &after).await;
        match written {
            Err(StoreError::Conflict) => {}
            outcome => {
                return outcome.map(|()| after).map_err(|error| super::Error::from(error).into());
            }
        }
    }
    Err(Refusal::ChangedConcurrently.into())
}

/// The rental may have ended while webhooks were asked.
async fn refuse_if_over(app: &App, rental: &SubscriptionRecord) -> Result<()> {
    let msisdn = &rental.subscription.msisdn;
    let filter = SubscriptionFilter::live_of(Some(rental.account), Some(msisdn));
    let live = app.store.subscriptions(&filter).await?;
    if live.iter().any(|it| it.subscription.ordinal == rental.subscription.ordinal) {
        return Ok(());
    }
    let number = &rental.subscription.msisdn;
    Err(Refusal::new(format!("the rental of {number} has ended meanwhile")).into())
}
