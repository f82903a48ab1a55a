//! `configure`: where the messages and calls of a rented number go.
//!
//! Webhooks are requested first, with no transaction open. Then all of the change is written, or nothing.

use futures_util::future::join_all;

use crate::billing::until_written;
use crate::ids::AccountId;
use crate::operations::error::Result;
use crate::operations::lookup::live_subscription_of;
use crate::operations::{App, Refusal};
use crate::rental::configuration::{Configuration, Field, VoiceCallback, WebhookUrl};
use crate::rental::{Msisdn, SubscriptionFilter, SubscriptionRecord};
use crate::webhooks::Checker;

/// What to set and to clear. A field that is in neither stays as it is.
#[derive(Debug, Clone, Default)]
pub struct ConfigurationChange {
    pub set: Configuration,
    pub clear: Vec<Field>,
    /// Save webhooks without requesting them.
    pub skip_check: bool,
}

/// The configuration of a rental after a change.
#[derive(Debug, Clone)]
pub struct Configured {
    pub rental: SubscriptionRecord,
    pub configuration: Configuration,
    /// The fields whose webhooks were requested and answered.
    pub checked: Vec<Field>,
    /// The fields whose webhooks were saved without a request.
    pub unchecked: Vec<Field>,
}

/// The configuration of the number's rental. `account` must be given if several accounts rent it.
pub async fn show(app: &App, msisdn: &Msisdn, account: Option<AccountId>) -> Result<Configured> {
    let rental = live_subscription_of(app, msisdn, account).await?;
    let ordinal = rental.subscription.ordinal;
    let configuration = app.store.configuration_of(rental.account, ordinal).await?;
    Ok(Configured { rental, configuration, checked: Vec::new(), unchecked: Vec::new() })
}

/// Sets and clears all of `change`, or nothing if a webhook does not answer with 2xx.
pub async fn configure(
    app: &App,
    msisdn: &Msisdn,
    account: Option<AccountId>,
    change: &ConfigurationChange,
) -> Result<Configured> {
    if let Some(both) = change.clear.iter().find(|field| change.set.has(**field)) {
        return Err(Refusal::SetAndCleared { field: *both }.into());
    }
    let rental = live_subscription_of(app, msisdn, account).await?;
    refuse_call_loop(&change.set, &rental.subscription.msisdn)?;
    let webhooks = change.set.webhooks();
    let checker = Checker::new(app.settings.webhooks);
    check(&checker, &webhooks, change.skip_check).await?;
    let configuration = write(app, &rental, change).await?;
    let fields = webhooks.into_iter().map(|(field, _)| field).collect();
    let (checked, unchecked) =
        if change.skip_check { (Vec::new(), fields) } else { (fields, Vec::new()) };
    Ok(Configured { rental, configuration, checked, unchecked })
}

fn refuse_call_loop(new: &Configuration, own: &Msisdn) -> Result<()> {
    match &new.voice_callback {
        Some(VoiceCallback::Tel(number)) if number == own => {
            Err(Refusal::CallLoop { msisdn: own.clone() }.into())
        }
        _ => Ok(()),
    }
}

/// Requests all of `webhooks` at once, or only checks their addresses.
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
    Err(Refusal::WebhooksFailed { failures }.into())
}

/// Changes the configuration of a rental that is still live; returns what it is now.
async fn write(
    app: &App,
    rental: &SubscriptionRecord,
    change: &ConfigurationChange,
) -> Result<Configuration> {
    let ordinal = rental.subscription.ordinal;
    until_written(|| async {
        // The version is read first, so that the write fails after any later change.
        let account = app.account(rental.account).await?;
        refuse_if_over(app, rental).await?;
        let before = app.store.configuration_of(account.id, ordinal).await?;
        let mut after = before.clone();
        change.clear.iter().for_each(|field| after.clear(*field));
        after.set(&change.set);
        if after == before {
            return Ok(Ok(after));
        }
        let written =
            app.store.write_configuration(account.id, account.version, ordinal, &after).await;
        Ok(written.map(|()| after))
    })
    .await
}

/// The rental may have ended while webhooks were requested.
async fn refuse_if_over(app: &App, rental: &SubscriptionRecord) -> Result<()> {
    let msisdn = &rental.subscription.msisdn;
    let filter = SubscriptionFilter::live_of(Some(rental.account), Some(msisdn));
    let live = app.store.subscriptions(&filter).await?;
    if live.iter().any(|it| it.subscription.ordinal == rental.subscription.ordinal) {
        return Ok(());
    }
    Err(Refusal::RentalEnded { msisdn: msisdn.clone() }.into())
}
