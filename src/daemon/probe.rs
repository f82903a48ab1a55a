//! Checks the daemon on this machine.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use reqwest::redirect::Policy;

use super::Source;
use crate::tls;

/// How long the answer may take.
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// The most bytes of the answer, and the most header lines.
const BYTES_MAX: usize = 64 * 1024;
const HEADERS_MAX: usize = 100;

/// Requests the health of the daemon with this configuration, or its readiness if `is_ready`. Returns the answer.
///
/// # Errors
/// If it does not answer, or reports a problem.
pub async fn probe(source: &Source, is_ready: bool) -> Result<String> {
    let listen = source.load()?.daemon.listen;
    let Some(mut address) = listen else {
        bail!(
            "`http.listen` is `off`, so the daemon cannot be asked\nhint: set it to an address of this machine"
        );
    };
    // A daemon that listens on all addresses also listens on the loopback address.
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    let path = if is_ready { "readyz" } else { "healthz" };
    let client = client()?;
    let answer = match client.get(format!("http://{address}/{path}")).send().await {
        Err(error) if error.is_connect() => bail!(
            "nothing listens on {address}, the address in `http.listen`\nhint: start linerentd, or give this command the configuration that linerentd uses"
        ),
        answer => answer.with_context(|| {
            format!("asking the daemon on {address}\nhint: see the log of linerentd")
        })?,
    };
    let code = answer.status();
    let words = text_of(answer).await?;
    if !code.is_success() {
        bail!("the daemon reports a problem: {words}");
    }
    Ok(words)
}

/// The whole answer.
async fn text_of(mut answer: reqwest::Response) -> Result<String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > BYTES_MAX {
            bail!(
                "the answer has more than {BYTES_MAX} bytes, so it is not from linerentd\nhint: check `http.listen`"
            );
        }
    }
    Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
}

/// A client for this machine, without encryption.
fn client() -> Result<reqwest::Client> {
    let tls = tls::client(rustls::RootCertStore::empty());
    let client = reqwest::Client::builder().tls_backend_preconfigured(tls);
    let client = client.no_proxy().redirect(Policy::none()).http1_max_headers(HEADERS_MAX);
    Ok(client.http1_only().timeout(ANSWER_MAX).build()?)
}
