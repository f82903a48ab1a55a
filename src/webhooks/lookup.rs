//! From names to addresses, of which only those get through that a webhook may have. What comes out of here is what
//! is connected to: no second look-up, which might be answered otherwise, lies between.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::pin::Pin;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::oneshot;

use super::addresses::Range;
use super::trouble::Trouble;

/// The addresses of a name, once they are known.
pub type Resolved = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Who knows the addresses of names.
pub trait Lookup: Send + Sync {
    /// All addresses of `name`.
    fn addresses_of(&self, name: &str) -> Resolved;
}

/// The machine's own way: its files, its DNS.
#[derive(Debug, Clone, Copy)]
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn addresses_of(&self, name: &str) -> Resolved {
        let (sender, receiver) = oneshot::channel();
        let name = name.to_owned();
        // It knows no time-out, so it gets a thread that nobody waits for: one of the runtime's would hold
        // up the program's end.
        let thread = std::thread::Builder::new().name("lookup".to_owned()).spawn(move || {
            let found = (name.as_str(), 0).to_socket_addrs();
            // Nobody listens any more where the time was up.
            let _ = sender.send(found.map(|found| found.map(|it| it.ip()).collect()));
        });
        Box::pin(async move {
            thread?;
            receiver.await.unwrap_or_else(|_| Err(io::ErrorKind::Other.into()))
        })
    }
}

/// A look-up that refuses a name of whose addresses one is not let pass.
///
/// All of them must be: whoever calls the webhook later will take any.
pub(super) struct Guard {
    pub(super) lookup: Arc<dyn Lookup>,
    pub(super) admit: fn(IpAddr) -> Result<(), Range>,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let (resolved, admit) = (self.lookup.addresses_of(name.as_str()), self.admit);
        Box::pin(async move {
            let found = resolved.await.map_err(|_| Trouble::UnknownName)?;
            if found.is_empty() {
                return Err(Trouble::UnknownName.into());
            }
            for address in &found {
                admit(*address).map_err(Trouble::NotPublic)?;
            }
            // Port 0 stands for the URL's.
            let found = found.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(found) as Addrs)
        })
    }
}
