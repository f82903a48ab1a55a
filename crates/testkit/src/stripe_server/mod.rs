//! A stand-in for Stripe's API over a socket: PaymentIntents with idempotency keys, and the faults
//! that a network and a busy company make.
//!
//! What it does is written from Stripe's documentation. A key stands for the first answer that was
//! given under it, a 500 included, until [`StripeServer::days_pass`]; a request under a key that is at
//! work gets a 409; what fails its checks is not kept. `http` speaks, `api` thinks.

mod api;
mod http;

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use linerent::clock::SystemClock;
use linerent::payments::{Stripe, StripeSettings};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::world::{World, system_now};
use api::{is_untried, shown};
use http::serve;

/// What happens to a request for a charge in place of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The connection is cut before anything is done.
    CutBefore,
    /// The money is taken, and the connection is cut.
    CutAfter,
    /// The money is taken, and the connection is cut in the middle of the answer.
    CutMidAnswer,
    /// Nothing is done, and no answer ever comes.
    SilentBefore,
    /// The money is taken, and no answer ever comes.
    SilentAfter,
    /// The money is taken, and the answer is a 500, for as long as the key holds.
    FailAfter,
    /// Nothing is done, and the answer is a 500, for as long as the key holds.
    FailBefore,
    /// A proxy's page in place of an answer.
    Html,
    /// The payment is being processed; it succeeds once it is looked at.
    Processing,
    /// A request under the same key is at work.
    Conflict,
    /// Another request holds a lock on something that this one needs.
    Locked,
    /// The key came with other parameters before.
    Misused,
    /// The intent is made, and the request is still at work when its connection is cut, until
    /// [`StripeServer::finish`].
    Unfinished,
    /// Too many requests.
    RateLimit,
    /// It is turned away at the door.
    Unauthorized,
    /// Nothing is done, and the answer is the first payment that there is.
    AnotherPayment,
    /// The money is taken, under the id of the first payment that there is.
    UsedId,
    /// The money is taken, and the id of the payment contains a NUL.
    NulInId,
    /// The card is declined, with a message that no database holds and that colours a terminal.
    NulInMessage,
}

/// The message of [`Fault::NulInMessage`].
pub const MESSAGE_WITH_NUL: &str = "Your card\0 was\n\u{1b}[31mdeclined.";

/// One PaymentIntent.
#[derive(Debug, Clone)]
pub struct Intent {
    pub id: String,
    pub status: &'static str,
    pub amount: i64,
    pub currency: String,
    pub created: i64,
    pub metadata: BTreeMap<String, String>,
    decline: Option<(&'static str, &'static str)>,
    is_paid_by_its_owner: bool,
}

#[derive(Debug, Default)]
struct State {
    intents: Vec<Intent>,
    answers: HashMap<String, (u16, String)>,
    at_work: HashSet<String>,
    faults: VecDeque<Fault>,
    /// In force until it is taken back.
    outage: Option<Fault>,
    latency: Duration,
    /// No charge is answered before so many have been at work at once.
    answered_from: usize,
    keys_that_pay: Vec<(String, String)>,
    asked: u64,
    posted: u64,
    /// Charges at work now, and the most there ever were.
    busy: usize,
    busiest: usize,
}

impl State {
    /// What was being processed is done once somebody looks at it.
    fn look_at(&mut self, is_looked_at: impl Fn(&Intent) -> bool) {
        for intent in self.intents.iter_mut().filter(|intent| is_looked_at(intent)) {
            if intent.status == "processing" {
                intent.status = "succeeded";
            }
        }
    }
}

/// The server; it ends with the value.
pub struct StripeServer {
    pub url: String,
    state: Arc<Mutex<State>>,
    server: JoinHandle<()>,
}

impl Drop for StripeServer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// The key that it lets in.
pub const API_KEY: &str = "sk_test_stand_in";

impl StripeServer {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port on loopback");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let server = tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(serve(connection, Arc::clone(&shared)));
            }
        });
        Self { url, state, server }
    }

    /// The next charges that are asked for meet these.
    pub fn faults(&self, faults: &[Fault]) {
        self.state().faults.extend(faults);
    }

    /// No charge meets anything any more.
    pub fn no_more_faults(&self) {
        self.state().faults.clear();
    }

    /// Every charge that is asked for meets this from now on, or nothing any more.
    pub fn outage(&self, fault: Option<Fault>) {
        self.state().outage = fault;
    }

    /// How long every answer takes.
    pub fn latency(&self, latency: Duration) {
        self.state().latency = latency;
    }

    /// No charge is answered before `count` of them have been at work at once.
    pub fn answer_when_busy(&self, count: usize) {
        self.state().answered_from = count;
    }

    /// What was captured, by the reload's id, in the order of its coming.
    pub fn captured(&self) -> Vec<(String, i64)> {
        let state = self.state();
        let captured = state.intents.iter().filter(|intent| intent.status == "succeeded");
        captured.map(|it| (it.metadata["reload_id"].clone(), it.amount)).collect()
    }

    pub fn intents(&self) -> Vec<Intent> {
        self.state().intents.clone()
    }

    /// A payment that nobody here asked for.
    pub fn add_captured(&self, reload_id: &str, amount: i64) {
        let metadata = BTreeMap::from([("reload_id".to_owned(), reload_id.to_owned())]);
        let mut state = self.state();
        let id = format!("pi_{}", state.intents.len() + 1);
        state.intents.push(Intent {
            id,
            status: "succeeded",
            amount,
            currency: "eur".to_owned(),
            created: system_now().timestamp(),
            metadata,
            decline: None,
            is_paid_by_its_owner: false,
        });
    }

    /// The provider loses a payment, or its keeper gives it back.
    pub fn forget(&self, reload_id: &str) {
        self.state().intents.retain(|it| it.metadata["reload_id"] != reload_id);
    }

    /// Time goes by: the keys have expired, and what there is is older.
    pub fn days_pass(&self, days: i64) {
        let mut state = self.state();
        state.answers.clear();
        for intent in &mut state.intents {
            intent.created -= days * 24 * 3_600;
        }
    }

    /// Waits until a charge was asked for.
    pub async fn wait_for_a_charge(&self) {
        while self.requests().1 == 0 {
            // It comes over a socket, and there is nothing else to hear of it.
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// What is unfinished is paid now.
    pub fn finish(&self) {
        let mut state = self.state();
        for index in 0..state.intents.len() {
            if is_untried(&state.intents[index]) {
                state.intents[index].status = "succeeded";
                let body = shown(&state.intents[index]).to_string();
                let key = state.intents[index].metadata["reload_id"].clone();
                state.at_work.remove(&key);
                state.answers.insert(key, (200, body));
            }
        }
    }

    /// The most charges that were ever at work at once.
    pub fn busiest(&self) -> usize {
        self.state().busiest
    }

    /// How many requests came, and how many of them asked for a charge.
    pub fn requests(&self) -> (u64, u64) {
        let state = self.state();
        (state.asked, state.posted)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("no panic while it is locked")
    }
}

/// For tests in which the server does not answer.
const SHORT_WAIT: Duration = Duration::from_secs(1);

/// Longer than an answer takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// The gateway `stripe` in front of the server at `url`. It soon gives up if there is no answer.
pub fn stripe_at(url: &str) -> Stripe {
    stripe_with(url, SHORT_WAIT)
}

fn stripe_with(url: &str, timeout: Duration) -> Stripe {
    let settings = StripeSettings {
        api_key: API_KEY.into(),
        api_base: url.to_owned(),
        connect_timeout: timeout,
        timeout,
    };
    Stripe::new(settings, Arc::new(SystemClock::default()))
}

impl World {
    /// Charges cards at the server from now on.
    pub fn use_stripe(&mut self, server: &StripeServer) {
        self.app.gateway = Some(Arc::new(stripe_with(&server.url, PATIENCE)));
    }

    /// As [`World::use_stripe`], but soon gives up if there is no answer.
    pub fn use_impatient_stripe(&mut self, server: &StripeServer) {
        self.app.gateway = Some(Arc::new(stripe_at(&server.url)));
    }
}
