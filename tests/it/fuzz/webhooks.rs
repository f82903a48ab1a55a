//! Answers of webhooks, over a socket.

use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use linerent::webhooks::{Checker, Lookup, Range, Resolved, admit_public};
use linerent_testkit::fuzz::check_fewer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// An address of this machine that no other server uses.
const ADDRESS: &str = "127.0.0.77";

fn admit(address: IpAddr) -> Result<(), Range> {
    if address.to_string() == ADDRESS {
        Ok(())
    } else {
        admit_public(address).and(Err("another address"))
    }
}

struct NoNames;

impl Lookup for NoNames {
    fn addresses_of(&self, _: &str) -> Resolved {
        Box::pin(async { Err(std::io::ErrorKind::NotFound.into()) })
    }
}

#[test]
fn any_answer_of_a_webhook_is_success_or_a_failure_in_words() {
    let runtime = Runtime::new().expect("a runtime");
    let answer = Arc::new(Mutex::new(Vec::new()));
    let shared = Arc::clone(&answer);
    let listener = runtime.block_on(TcpListener::bind((ADDRESS, 0))).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let server = runtime.spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = shared.lock().expect("no panic").clone();
            let mut head = [0; 4096];
            // The client may close the connection at any time.
            let _ = stream.read(&mut head).await;
            let _ = stream.write_all(&answer).await;
        }
    });
    let checker = Checker::with(Arc::new(NoNames), admit, Duration::from_millis(500));
    let url = format!("http://{ADDRESS}:{port}/t0ken").parse().expect("a URL");
    check_fewer("webhook_answers", 2, |input| {
        *answer.lock().expect("no panic") = input.to_vec();
        if let Err(failure) = runtime.block_on(checker.check(&url)) {
            let words = failure.to_string();
            assert!(words.chars().count() < 3_000 && !words.contains("t0ken"), "{words}");
        }
    });
    server.abort();
}
