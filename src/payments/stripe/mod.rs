//! Stripe: PaymentIntents, confirmed off-session, under an idempotency key.
//!
//! A client of our own on `reqwest`. It sends six requests and reads a dozen fields; most of it handles failed and
//! incomplete answers. The reasons are in `docs/decisions/0004-a-stripe-client-of-our-own.md`. `http` sends the
//! requests, `answers` reads the answers, `fit` checks whether they are about the charge, `minor_units` converts
//! amounts.

mod answers;
mod fit;
#[cfg(test)]
mod fuzz;
mod http;
mod minor_units;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    Answer, ApiKey, Capture, Charge, Gateway, Lookup, Mode, Outcome, Rejection, Trouble,
    Uncertainty, Unchargeable, Unrecognised,
};
use crate::clock::Clock;
use crate::money::Money;
use crate::reload::PaymentMethod;
use answers::{Intent, List, Method};
use fit::refuse_unless_an_id;
use http::Http;

/// The version of the API that is requested, whatever the default of the Stripe account is.
pub const API_VERSION: &str = "2025-09-30.clover";

#[derive(Debug, Clone)]
pub struct StripeSettings {
    /// The secret or restricted key.
    pub api_key: SecretString,
    /// The URL of the API, without a slash at the end.
    pub api_base: String,
    /// How long a connection may take.
    pub connect_timeout: Duration,
    /// How long a request may take in all.
    pub timeout: Duration,
}

impl StripeSettings {
    /// Keys that begin with `sk_test_` or `rk_test_` move no money.
    pub fn mode(&self) -> Mode {
        let key = self.api_key.expose_secret();
        if key.starts_with("sk_live_") || key.starts_with("rk_live_") {
            Mode::Live
        } else {
            Mode::Test
        }
    }

    /// The key, as messages describe it.
    pub(super) fn described_key(&self) -> ApiKey {
        ApiKey {
            mode: self.mode(),
            setting: "payments.stripe.api_key",
            test_form: "sk_test_… or rk_test_…",
            live_form: "sk_live_… or rk_live_…",
        }
    }
}

pub struct Stripe {
    http: Http,
    settings: StripeSettings,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for Stripe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stripe").field("api_base", &self.settings.api_base).finish_non_exhaustive()
    }
}

/// Stripe keeps idempotency keys for at least 24 hours. One hour less, because clocks may differ.
const KEY_LIFETIME: TimeDelta = TimeDelta::hours(23);
/// Objects on one page of a list; the maximum at Stripe.
const PAGE: usize = 100;
/// The maximum number of pages that are searched for one charge.
const PAGES_MAX: usize = 50;
/// The maximum number of pages that are read for an audit.
const AUDIT_PAGES_MAX: usize = 5_000;
/// How far our clock may have differed from Stripe's when a charge was first requested.
const LEEWAY: TimeDelta = TimeDelta::days(2);
/// After this time every request of ours has ended.
const AT_REST_AFTER: TimeDelta = TimeDelta::hours(1);

impl Stripe {
    /// Sends nothing yet.
    pub fn new(settings: StripeSettings, clock: Arc<dyn Clock>) -> Self {
        Self { http: Http::new(&settings), settings, clock }
    }

    /// Requests the charge. The flag says whether the answer may be a repetition of the first answer under the
    /// key, which does not show later changes.
    async fn create(&self, charge: &Charge) -> Result<(Outcome, bool), Uncertainty> {
        let amount = match minor_units::of(charge.amount) {
            Ok(amount) => amount.to_string(),
            // Nothing is sent, and nothing will be under this id.
            Err(unchargeable) => return Ok((answers::unchargeable(&unchargeable), false)),
        };
        let currency = charge.amount.currency().code().to_ascii_lowercase();
        let (id, account) = (charge.id.to_string(), charge.id.account().to_string());
        let mut form = vec![
            ("amount", amount.as_str()),
            ("currency", currency.as_str()),
            ("payment_method", charge.payment_method.id.as_str()),
            ("payment_method_types[]", "card"),
            ("confirm", "true"),
            ("off_session", "true"),
            ("metadata[reload_id]", id.as_str()),
            ("metadata[account]", account.as_str()),
        ];
        if let Some(customer) = &charge.payment_method.customer {
            form.push(("customer", customer));
        }
        let request =
            self.http.post("/v1/payment_intents").header("Idempotency-Key", &id).form(&form);
        let reply = self.http.send(request).await?;
        let may_be_old = reply.status >= 500 || reply.is_done();
        let outcome = match reply.charged(charge) {
            Ok(intent) => self.judge(&intent, charge, true).await,
            Err(outcome) => outcome,
        };
        Ok((outcome, may_be_old))
    }

    /// The outcome of the charge of an intent. An intent that only the owner of the card could still complete is
    /// cancelled, so that it cannot be paid after it was recorded as declined. So is an intent without an attempt to
    /// pay it, but only if it is `at_rest`: otherwise the attempt may be under way.
    async fn judge(&self, intent: &Intent, charge: &Charge, at_rest: bool) -> Outcome {
        // Another charge's intent is not cancelled either.
        if let Some(doubt) = intent.mismatch(charge) {
            return Outcome::InDoubt(doubt);
        }
        if intent.waits_for_its_owner() || (at_rest && intent.is_untried()) {
            return self.cancel(intent, charge).await;
        }
        intent.outcome(charge)
    }

    async fn cancel(&self, intent: &Intent, charge: &Charge) -> Outcome {
        let path = format!("/v1/payment_intents/{}", intent.id);
        let doubt = |doubt: Uncertainty| {
            let reference = Some(intent.id.clone());
            Outcome::InDoubt(Uncertainty { reference, trouble: Trouble::Charge, ..doubt })
        };
        let cancelled = match self.http.send(self.http.post(&format!("{path}/cancel"))).await {
            // Only the status of the intent afterwards counts.
            Ok(reply) => match reply.read::<Intent>() {
                Ok(cancelled) => Ok(cancelled),
                Err(_) => self.fetch(&path).await,
            },
            Err(doubt) => Err(doubt),
        };
        match cancelled {
            Ok(other) if other.id != intent.id => doubt(Uncertainty::of_charge(
                "it could not be cancelled: the answer is for another payment",
            )),
            // The reason why it was waiting says more than our cancellation.
            Ok(cancelled) if cancelled.is_cancelled() => intent.refusal(),
            Ok(other) if other.waits_for_its_owner() || other.is_untried() => {
                doubt(Uncertainty::of_charge("it waits for its owner, and could not be cancelled"))
            }
            Ok(other) => other.outcome(charge),
            Err(failure) => doubt(failure),
        }
    }

    async fn fetch(&self, path: &str) -> Result<Intent, Uncertainty> {
        self.http.send(self.http.get(path)).await?.read()
    }

    async fn find(&self, charge: &Charge) -> Result<Option<Intent>, Uncertainty> {
        if let Some(reference) = &charge.reference {
            return self.fetch(&format!("/v1/payment_intents/{reference}")).await.map(Some);
        }
        let since = charge.asked.0.min(self.clock.now()) - LEEWAY;
        let mut query = vec![("created[gte]", since.timestamp().to_string())];
        if let Some(customer) = &charge.payment_method.customer {
            query.push(("customer", customer.clone()));
        }
        let id = charge.id.to_string();
        let mut ours = self.list(&query, PAGES_MAX).await?;
        ours.retain(|intent| intent.reload_id() == Some(&id));
        // If any was paid, that one counts.
        ours.sort_by_key(|intent| !intent.has_succeeded());
        Ok(ours.into_iter().next())
    }

    /// All intents that `query` selects; fails if there are more than `pages_max` pages.
    async fn list(
        &self,
        query: &[(&str, String)],
        pages_max: usize,
    ) -> Result<Vec<Intent>, Uncertainty> {
        let mut intents: Vec<Intent> = Vec::new();
        for _ in 0..pages_max {
            let mut parameters = vec![("limit", PAGE.to_string())];
            parameters.extend(query.iter().map(|(name, value)| (*name, value.clone())));
            parameters.extend(intents.last().map(|last| ("starting_after", last.id.clone())));
            let request = self.http.get("/v1/payment_intents").query(&parameters);
            let page: List = self.http.send(request).await?.read()?;
            let is_last = !page.has_more || page.data.is_empty();
            intents.extend(page.data);
            if is_last {
                return Ok(intents);
            }
        }
        Err(Uncertainty::of_charge("there are too many payments to look through"))
    }

    async fn look_up_charge(&self, charge: &Charge) -> Lookup {
        match self.find(charge).await {
            Ok(Some(intent)) => {
                // No request that we sent can still be under way.
                let at_rest =
                    self.clock.now().signed_duration_since(charge.asked.1) > AT_REST_AFTER;
                Lookup::Charge(self.judge(&intent, charge, at_rest).await)
            }
            Ok(None) => Lookup::Nothing,
            Err(doubt) => Lookup::Unavailable(doubt),
        }
    }
}

impl Gateway for Stripe {
    fn name(&self) -> &'static str {
        "stripe"
    }

    fn mode(&self) -> Mode {
        self.settings.mode()
    }

    fn key_lifetime(&self) -> Option<TimeDelta> {
        Some(KEY_LIFETIME)
    }

    fn timeout(&self) -> Duration {
        // A charge may take a second request, to cancel an intent or to look it up.
        self.settings.timeout * 2
    }

    fn check_amount(&self, amount: Money) -> Result<(), Unchargeable> {
        minor_units::of(amount).map(|_| ())
    }

    fn charge<'a>(&'a self, charge: &'a Charge) -> Answer<'a, Outcome> {
        let was_asked_before = charge.asked.0 < charge.asked.1;
        Box::pin(self.within_timeout(async move {
            let (outcome, may_be_old) = match self.create(charge).await {
                Ok(answer) => answer,
                Err(doubt) => return Outcome::InDoubt(doubt),
            };
            // Stripe repeats the first answer under a key, even a 500 or "processing". Only the intent itself
            // shows later changes.
            match outcome {
                Outcome::InDoubt(doubt) if was_asked_before && may_be_old => {
                    let reference = doubt.reference.clone().or_else(|| charge.reference.clone());
                    match self.look_up_charge(&Charge { reference, ..charge.clone() }).await {
                        Lookup::Charge(outcome) => outcome,
                        Lookup::Nothing | Lookup::Unavailable(_) => Outcome::InDoubt(doubt),
                    }
                }
                outcome => outcome,
            }
        }))
    }

    fn look_up<'a>(&'a self, charge: &'a Charge) -> Answer<'a, Lookup> {
        Box::pin(async move {
            match tokio::time::timeout(self.timeout(), self.look_up_charge(charge)).await {
                Ok(found) => found,
                Err(_) => Lookup::Unavailable(Uncertainty::of_gateway("no answer came in time")),
            }
        })
    }

    fn verify_payment_method<'a>(
        &'a self,
        method: &'a PaymentMethod,
    ) -> Answer<'a, Result<PaymentMethod, Unrecognised>> {
        Box::pin(async move {
            refuse_unless_an_id(&method.id)?;
            let known: Method = self.ask("/v1/payment_methods/", &method.id).await?;
            known.refuse_unless_a_card(&method.id)?;
            match (known.customer, &method.customer) {
                (Some(owner), Some(asked)) if owner != *asked => {
                    let (id, wanted) = (method.id.clone(), asked.clone());
                    Err(Rejection::OtherCustomer { id, owner, wanted }.into())
                }
                (Some(owner), _) => {
                    Ok(PaymentMethod { id: method.id.clone(), customer: Some(owner) })
                }
                // It could be charged only once. Stripe's own payment methods for tests have no customer.
                (None, _) if self.mode() == Mode::Live => {
                    Err(Rejection::NoCustomer(method.id.clone()).into())
                }
                (None, Some(asked)) => {
                    refuse_unless_an_id(asked)?;
                    let _: answers::Customer = self.ask("/v1/customers/", asked).await?;
                    Ok(method.clone())
                }
                (None, None) => Ok(method.clone()),
            }
        })
    }

    fn check_credentials(&self) -> Answer<'_, Result<(), Unrecognised>> {
        Box::pin(async move {
            let answer = self.http.send(self.http.get("/v1/payment_intents?limit=1")).await;
            let reply = answer.map_err(|doubt| Unrecognised::Unavailable(doubt.reason))?;
            reply.known::<List>("the list of payments").map(|_| ())
        })
    }

    fn captures(&self, since: DateTime<Utc>) -> Answer<'_, Result<Vec<Capture>, Uncertainty>> {
        Box::pin(async move {
            let query = [("created[gte]", since.timestamp().to_string())];
            let intents = self.list(&query, AUDIT_PAGES_MAX).await?;
            Ok(intents.iter().filter_map(Intent::capture).collect())
        })
    }
}

impl Stripe {
    /// The outcome, or in doubt after the time-out.
    async fn within_timeout(&self, outcome: impl Future<Output = Outcome>) -> Outcome {
        match tokio::time::timeout(self.timeout(), outcome).await {
            Ok(outcome) => outcome,
            Err(_) => Outcome::InDoubt(Uncertainty::of_gateway("no answer came in time")),
        }
    }

    /// The object with this id.
    async fn ask<T: serde::de::DeserializeOwned>(
        &self,
        path: &str,
        id: &str,
    ) -> Result<T, Unrecognised> {
        let reply = self.http.send(self.http.get(&format!("{path}{id}"))).await;
        reply.map_err(|doubt| Unrecognised::Unavailable(doubt.reason))?.known(id)
    }
}
