//! Resolves names, and refuses addresses that a webhook may not have. The connection uses these addresses: there is
//! no second lookup, whose answer could be different.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::pin::Pin;
use std::sync::Arc;
use std::vec::IntoIter;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::oneshot;

use super::addresses::Range;
use super::trouble::Trouble;

/// The most addresses of a name. A name with more of them is refused.
const ADDRESSES_MAX: usize = 64;

/// The addresses of a name, when they are known.
pub type Resolved = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

pub trait Lookup: Send + Sync {
    fn addresses_of(&self, name: &str) -> Resolved;
}

/// The lookup of the operating system.
#[derive(Debug, Clone, Copy)]
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn addresses_of(&self, name: &str) -> Resolved {
        let (sender, receiver) = oneshot::channel();
        let name = name.to_owned();
        // It has no time-out, so it runs in a thread of its own: a thread of the runtime would delay the end of
        // the program.
        let thread = std::thread::Builder::new().name("lookup".to_owned()).spawn(move || {
            let found = (name.as_str(), 0).to_socket_addrs();
            // The receiver is gone if the time is up.
            let first =
                |found: IntoIter<SocketAddr>| found.map(|it| it.ip()).take(ADDRESSES_MAX + 1);
            let _ = sender.send(found.map(|found| first(found).collect()));
        });
        Box::pin(async move {
            thread?;
            receiver.await.unwrap_or_else(|_| Err(io::ErrorKind::Other.into()))
        })
    }
}

/// A lookup that refuses a name if any of its addresses is refused: the programs that call the webhook later may
/// use any of them.
pub(super) struct Guard {
    pub(super) lookup: Arc<dyn Lookup>,
    pub(super) admit: fn(IpAddr) -> Result<(), Range>,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let (resolved, admit) = (self.lookup.addresses_of(name.as_str()), self.admit);
        Box::pin(async move {
            let found = resolved.await.map_err(|_| Trouble::UnknownName)?;
            // All of them are checked, and each may be tried.
            if found.len() > ADDRESSES_MAX {
                return Err(Trouble::ManyAddresses(ADDRESSES_MAX).into());
            }
            if found.is_empty() {
                return Err(Trouble::UnknownName.into());
            }
            for address in &found {
                admit(*address).map_err(Trouble::NotPublic)?;
            }
            // Port 0 means the port of the URL.
            let found = found.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(found) as Addrs)
        })
    }
}
