//! With a virtual clock and a seed, the life of the whole application is a function of the seed: runs,
//! checks between them, charges in doubt, notices, ids included. The simulation stands on it.
//!
//! Where several do something at once, their order is the machine's. So a life has one worker and charges one
//! card at a time; mails leave over one connection anyway, as `MemoryTransport` has no more.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use linerent::clock::VirtualClock;
use linerent::mail::{Mail, mailbox_of};
use linerent::money::currency_of;
use linerent::operations::accounts::create::{self, AccountCreate};
use linerent::operations::run::{self, Watch};
use linerent::operations::{databases::init, reload};
use linerent::policy::Concurrency;
use linerent::reload::OpenReloads;
use linerent::rng::{Rng as _, SeededRng};
use linerent_testkit::World;

/// What each account pays with: some cards that pay, and every trouble that a card can make.
const CARDS: [Option<&str>; 10] = [
    Some("pm_card_visa"),
    Some("pm_card_chargeDeclinedInsufficientFunds"),
    Some("pm_card_chargeDeclinedExpiredCard"),
    Some("pm_sandbox_declines_2"),
    Some("pm_sandbox_timeoutBeforeCapture"),
    Some("pm_sandbox_timeoutAfterCapture"),
    Some("pm_sandbox_answersLate"),
    Some("pm_sandbox_error500_3"),
    Some("pm_sandbox_slow_5000"),
    None,
];
const DAYS: u32 = 40;
const LOOKS_PER_DAY: u32 = 4;
/// Every account tops up with a probability of 1 in this each day.
const TOP_UP_ONE_IN: u64 = 40;

/// What is left of a life.
#[derive(Debug, PartialEq, Eq)]
struct Traces {
    rows: Vec<String>,
    mails: Vec<Mail>,
}

/// One life of forty days, and what it left. What people do in it is drawn from the same randomness.
async fn live(seed: u64) -> Traces {
    let clock = VirtualClock::new("2026-01-31T08:00:00Z".parse().expect("an instant"));
    let rng = Arc::new(SeededRng::new(seed));
    let world = born(&clock, &rng).await;
    let keys = settle_in(&world).await;
    for day in 0..DAYS {
        for _ in 0..LOOKS_PER_DAY {
            clock.advance(Duration::from_secs(24 * 60 * 60) / LOOKS_PER_DAY);
            look(&world).await;
        }
        for key in &keys {
            if rng.below(TOP_UP_ONE_IN) == 0 {
                world.top_up(key, "15", &format!("day {day}")).await;
            }
        }
    }
    assert_eq!(world.disagreements().await, []);
    let rows = world.whole_dump().await;
    let mails = world.post.mails();
    world.app.store.close().await;
    world.end().await;
    Traces { rows, mails }
}

/// A production database in which the sandbox gateway charges, so that the days are the clock's.
async fn born(clock: &VirtualClock, rng: &Arc<SeededRng>) -> World {
    let (clock, rng) = (Arc::new(clock.clone()), Arc::clone(rng));
    let mut world = World::with(init::Wanted::AsItIs, clock, rng, |settings| {
        settings.test_in_production = true;
        let mut policy = *settings.policy;
        policy.release.grace_days = 3;
        policy.run = Concurrency { workers: 1, charges: 1, ..policy.run };
        settings.policy = Arc::new(policy);
    })
    .await;
    world.change_mail_settings(|mail| {
        mail.operator = Some(mailbox_of("ops@example.com").expect("one"))
    });
    world
}

/// An account for each card, with two numbers and the money for their first periods.
async fn settle_in(world: &World) -> Vec<String> {
    let mut keys = Vec::new();
    for (index, card) in CARDS.iter().enumerate() {
        let account = AccountCreate {
            name: format!("Customer {index}"),
            email: format!("billing-{index}@example.com"),
            id: None,
            currency: currency_of("EUR").expect("a currency"),
            credit_limit: None,
            low_balance: Some("5".parse().expect("an amount")),
        };
        let created = create::create(&world.app, &account).await.expect("an account");
        let key = created.id.to_string();
        world.top_up(&key, "25", "opening").await;
        for number in 0..2 {
            let msisdn = format!("4477009{:05}", 2 * index + number);
            world.numbers(&[&msisdn], "10").await;
            world.rent(&key, &msisdn).await;
        }
        if let Some(card) = card {
            world.auto_reload(&key, "3", "20", card).await;
        }
        keys.push(key);
    }
    keys
}

/// What the daemon's loops do, one after the other.
async fn look(world: &World) {
    let (app, watch) = (&world.app, Watch::default());
    run::run_if_due(app, &watch).await.expect("a run, if one is due");
    reload::check(app, &watch, OpenReloads::Unasked).await.expect("a check");
    reload::look_up(app, &watch).await.expect("a look at what is in doubt");
    world.deliver().await;
}

#[tokio::test]
async fn two_lives_with_one_seed_are_the_same() {
    let (one, other) = (live(14).await, live(14).await);
    for (one, other) in one.rows.iter().zip(&other.rows) {
        assert_eq!(one, other);
    }
    assert!(one == other, "rows: {} and {}", one.rows.len(), other.rows.len());
    is_eventful(&one);
    let third = live(15).await;
    is_eventful(&third);
    for table in ["accounts", "reloads", "notices"] {
        let both = rows_of(&one, table).intersection(&rows_of(&third, table)).count();
        assert_eq!(both, 0, "another seed makes other {table}");
    }
}

fn rows_of<'a>(traces: &'a Traces, table: &str) -> BTreeSet<&'a str> {
    let rows = traces.rows.iter().map(String::as_str);
    rows.filter(|row| row.split('|').next() == Some(table)).collect()
}

/// Whether everything happened in a life that could differ from one to the next.
fn is_eventful(traces: &Traces) {
    let has = |table: &str, words: &str| {
        let rows = rows_of(traces, table);
        assert!(rows.iter().any(|row| row.contains(words)), "no {words} in {table}: {rows:#?}");
    };
    // One on each day, and one on the day on which it begins.
    assert_eq!(rows_of(traces, "runs").len(), DAYS as usize + 1);
    for status in ["captured", "declined"] {
        has("reloads", &format!("'{status}'"));
    }
    has("transfers", "'rental'");
    has("transfers", "'reload'");
    has("subscriptions", "'unfunded'");
    has("sandbox_charges", "'captured'");
    for kind in ["renewed", "past_due", "released", "reload_captured", "reload_declined", "report"]
    {
        has("notices", &format!("'{kind}'"));
    }
    has("notices", "'sent'");
    assert!(traces.mails.len() > 60, "only {} mails", traces.mails.len());
}
