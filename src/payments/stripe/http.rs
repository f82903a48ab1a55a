//! Requests to Stripe's API: over TLS, with time-outs and the key, without redirects.

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, RequestBuilder, redirect};
use secrecy::{ExposeSecret as _, SecretString};

use super::answers::{BYTES_MAX, Reply};
use super::{API_VERSION, StripeSettings, Uncertainty};
use crate::tls;

/// The most header lines of an answer; Stripe sends some twenty. The library limits their size to about 400 kB.
const HEADERS_MAX: usize = 100;

pub(super) struct Http {
    client: Client,
    api_base: String,
    api_key: SecretString,
}

impl Http {
    pub(super) fn new(settings: &StripeSettings) -> Self {
        let tls = tls::client(tls::well_known_roots());
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .connect_timeout(settings.connect_timeout)
            .timeout(settings.timeout)
            // Stripe's API does not redirect, and the key must not be sent to another server.
            .redirect(redirect::Policy::none())
            .http1_only()
            .http1_max_headers(HEADERS_MAX)
            .user_agent(concat!("linerent/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers())
            .build()
            .expect("a client of constants can be built");
        Self { client, api_base: settings.api_base.clone(), api_key: settings.api_key.clone() }
    }

    /// Sends a request and reads the whole answer. After an error it is not known whether the request had an effect.
    pub(super) async fn send(&self, request: RequestBuilder) -> Result<Reply, Uncertainty> {
        let mut key = HeaderValue::from_str(&format!("Bearer {}", self.api_key.expose_secret()))
            .map_err(|_| {
                Uncertainty::of_gateway(
                    "the API key contains characters that are not allowed in keys",
                )
            })?;
        key.set_sensitive(true);
        let mut response =
            request.header(AUTHORIZATION, key).send().await.map_err(|error| in_words(&error))?;
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| in_words(&error))? {
            body.extend_from_slice(&chunk);
            if body.len() > BYTES_MAX {
                return Err(Uncertainty::of_gateway("the answer is too long"));
            }
        }
        Ok(Reply { status, body })
    }

    pub(super) fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.api_base))
    }

    pub(super) fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.api_base))
    }
}

fn headers() -> HeaderMap {
    HeaderMap::from_iter([(
        HeaderName::from_static("stripe-version"),
        HeaderValue::from_static(API_VERSION),
    )])
}

/// The reason of a failed request, without the address.
fn in_words(error: &reqwest::Error) -> Uncertainty {
    let what = if error.is_timeout() {
        "no answer came in time"
    } else if error.is_connect() {
        "the gateway cannot be reached"
    } else {
        "the connection was lost"
    };
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let deepest = cause.to_string();
    let reason = if error.is_timeout() { what.to_owned() } else { format!("{what}: {deepest}") };
    Uncertainty::of_gateway(reason)
}
