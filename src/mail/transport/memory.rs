//! The transport of tests: stores mails in memory.

use std::sync::{Arc, Mutex};

use super::{Answer, Connection, SendOutcome, Transport};
use crate::mail::Mail;

/// All clones share the mails.
#[derive(Debug, Clone, Default)]
pub struct MemoryTransport {
    mails: Arc<Mutex<Vec<Mail>>>,
}

impl MemoryTransport {
    /// The mails so far, oldest first.
    pub fn mails(&self) -> Vec<Mail> {
        self.mails.lock().expect("no code panics while it holds the lock").clone()
    }
}

impl Transport for MemoryTransport {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn connections_max(&self) -> u32 {
        1
    }

    fn connect(&self) -> Answer<'_, Result<Box<dyn Connection>, String>> {
        Box::pin(async { Ok(Box::new(self.clone()) as Box<dyn Connection>) })
    }
}

impl Connection for MemoryTransport {
    fn send<'a>(&'a mut self, mail: &'a Mail) -> Answer<'a, SendOutcome> {
        Box::pin(async {
            self.mails.lock().expect("no code panics while it holds the lock").push(mail.clone());
            SendOutcome::Accepted("kept in memory".to_owned())
        })
    }

    fn close(self: Box<Self>) -> Answer<'static, ()> {
        Box::pin(async {})
    }
}
