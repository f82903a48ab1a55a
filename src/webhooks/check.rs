//! Checks a webhook with one request.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::LOCATION;
use reqwest::{Client, Response, StatusCode, redirect};
use tokio::time::timeout;
use url::Host;

use super::WebhookSettings;
use super::addresses::{Range, admit_all, admit_public};
use super::lookup::{Guard, Lookup, SystemLookup};
use super::trouble::{Failure, Trouble};
use crate::rental::configuration::{Unusable, WebhookUrl};
use crate::tls;

/// Redirects in a row that are followed.
const REDIRECTS_MAX: usize = 5;
/// The maximum number of header lines of an answer. The library also limits the size to about 400 kB.
const HEADERS_MAX: usize = 100;

/// Checks that webhooks answer.
#[derive(Clone)]
pub struct Checker {
    client: Client,
    admit: fn(IpAddr) -> Result<(), Range>,
    timeout: Duration,
}

/// The URL that a check has reached by redirects.
struct Place {
    url: WebhookUrl,
    redirects: usize,
}

impl Checker {
    pub fn new(settings: WebhookSettings) -> Self {
        let admit = if settings.allow_private { admit_all } else { admit_public };
        Self::with(Arc::new(SystemLookup), admit, settings.timeout)
    }

    /// Resolves names by `lookup`, and connects only to addresses that `admit` accepts.
    pub fn with(
        lookup: Arc<dyn Lookup>,
        admit: fn(IpAddr) -> Result<(), Range>,
        timeout: Duration,
    ) -> Self {
        let client = Client::builder()
            .tls_backend_preconfigured(tls::client(tls::well_known_roots()))
            .dns_resolver(Guard { lookup, admit })
            // A proxy would resolve names itself, so the addresses could not be checked.
            .no_proxy()
            // Redirects are followed here, after a check of each.
            .redirect(redirect::Policy::none())
            // Divided among the addresses of a name, so that one that does not answer leaves time for the next.
            .connect_timeout(timeout)
            .pool_max_idle_per_host(0)
            .http1_only()
            .http1_max_headers(HEADERS_MAX)
            .user_agent(concat!("linerent/", env!("CARGO_PKG_VERSION")))
            .build()
            .expect("a client of constants can be built");
        Self { client, admit, timeout }
    }

    /// Sends one GET request to `url`, and follows a few redirects. The answer must have a status 2xx; its body is
    /// not read.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn check(&self, url: &WebhookUrl) -> Result<(), Failure> {
        let mut at = Place { url: url.clone(), redirects: 0 };
        let outcome = timeout(self.timeout, self.follow(&mut at)).await;
        outcome.unwrap_or(Err(Trouble::Late(self.timeout))).map_err(|trouble| Failure {
            place: at.url.place(),
            is_redirected: at.redirects > 0,
            trouble,
        })
    }

    /// Requests the URL in `at` and those that it redirects to. `at` has the last one afterwards.
    async fn follow(&self, at: &mut Place) -> Result<(), Trouble> {
        loop {
            self.admit_host(&at.url)?;
            let answer = self.ask(&at.url).await?;
            match next(&at.url, &answer)? {
                None => return Ok(()),
                Some(_) if at.redirects == REDIRECTS_MAX => {
                    return Err(Trouble::Redirects(REDIRECTS_MAX));
                }
                Some(next) => *at = Place { url: next, redirects: at.redirects + 1 },
            }
        }
    }

    /// Refuses a URL with an address that a webhook may not have. Names are not resolved.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn admit(&self, url: &WebhookUrl) -> Result<(), Failure> {
        let fail = |trouble| Failure { place: url.place(), is_redirected: false, trouble };
        self.admit_host(url).map_err(fail)
    }

    /// The lookup does not see addresses in the URL, and it need not resolve `localhost`.
    fn admit_host(&self, url: &WebhookUrl) -> Result<(), Trouble> {
        let address = match url.host() {
            Host::Ipv4(address) => IpAddr::from(address),
            Host::Ipv6(address) => IpAddr::from(address),
            Host::Domain(name) if is_localhost(name) => IpAddr::from(Ipv4Addr::LOCALHOST),
            Host::Domain(_) => return Ok(()),
        };
        (self.admit)(address).map_err(Trouble::NotPublic)
    }

    async fn ask(&self, url: &WebhookUrl) -> Result<Response, Trouble> {
        let answer = self.client.get(url.as_str()).send().await;
        let answer = answer.map_err(|error| match error.is_timeout() {
            true => Trouble::Late(self.timeout),
            false => Trouble::of(&error),
        })?;
        // The address was checked before; this is the actual address of the connection.
        let peer = answer.remote_addr().map_or(Ok(()), |peer| (self.admit)(peer.ip()));
        peer.map_err(Trouble::NotPublic)?;
        Ok(answer)
    }
}

impl fmt::Debug for Checker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checker").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

/// `localhost` and the names below it, which RFC 6761 reserves for this machine.
fn is_localhost(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name == "localhost" || name.ends_with(".localhost")
}

/// The URL that the answer redirects to; `None` if the status is 2xx.
fn next(url: &WebhookUrl, answer: &Response) -> Result<Option<WebhookUrl>, Trouble> {
    let status = answer.status();
    match status {
        _ if status.is_success() => Ok(None),
        StatusCode::MOVED_PERMANENTLY
        | StatusCode::FOUND
        | StatusCode::SEE_OTHER
        | StatusCode::TEMPORARY_REDIRECT
        | StatusCode::PERMANENT_REDIRECT => {
            let location = answer.headers().get(LOCATION).and_then(|it| it.to_str().ok());
            let location = location.ok_or(Trouble::NoLocation)?;
            let next = url.join(location);
            next.map(Some).map_err(|unusable| match unusable {
                Unusable::NotAUrl => Trouble::MalformedLocation,
                other => Trouble::Astray(other),
            })
        }
        _ => Err(Trouble::Status(status.as_u16())),
    }
}
