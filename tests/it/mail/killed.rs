//! The program is killed at random moments of sending: no notice is lost.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use linerent::calendar::renewal_on;

use super::outage::message_ids;
use linerent_testkit::Population;
use linerent_testkit::processes::{Outcome, kill_after, report_of};
use linerent_testkit::seeded_rng::{SeededRng, count_of};
use linerent_testkit::smtp_server::SmtpServer;
use linerent_testkit::{FIRST_DAY, World, date};

/// Connections at once: so many mails are on their way when somebody dies.
const CONNECTIONS: usize = 4;
/// Outcomes that may be known and not written down yet, at most, when somebody dies.
const UNWRITTEN_MAX: usize = 200;

const POPULATION: Population =
    Population { accounts: 300, numbers_each: 1, months_paid: |_| 10_000 };

on_both_engines!(killed_while_it_sends_it_loses_no_notice, |world| {
    // Kills amid the sending; there are more, before and after it.
    let kills_at_work_min = count_of(6, 25);
    let server = SmtpServer::start().await;
    server.latency(Duration::from_millis(1));
    world.seed(&POPULATION).await;
    let mut chance = SeededRng::new(world.engine.name());

    // The first month shows how long sending takes.
    queue_month(world, 1).await;
    let begun = Instant::now();
    report_of(start_sending(world, &server)).await;
    let duration = begun.elapsed();

    let (mut month, mut kills, mut kills_at_work) = (1, 0, 0);
    while kills_at_work < kills_at_work_min {
        month += 1;
        queue_month(world, month).await;
        loop {
            let before = server.accepted();
            let micros = u64::try_from(duration.as_micros()).expect("a short time");
            let delay = Duration::from_micros(chance.below(micros));
            match kill_after(delay, start_sending(world, &server)).await {
                Outcome::Ended => break,
                Outcome::Killed => {
                    kills += 1;
                    kills_at_work += u32::from(server.accepted() > before);
                    forget_the_dead(world).await;
                }
            }
        }
        // The last one ended well: nothing is pending any more.
        let unsent = world.texts("SELECT kind FROM notices WHERE status <> 'sent'").await;
        assert_eq!(unsent, Vec::<String>::new(), "after {kills} kills");
    }
    let names = message_ids(&server);
    assert_eq!(
        names.len() as u64,
        u64::from(POPULATION.accounts) * u64::from(month),
        "none is lost"
    );
    let twice: usize = names.values().map(|times| times - 1).sum();
    assert!(twice <= kills * (CONNECTIONS + UNWRITTEN_MAX), "{twice} came again, {kills} kills");
});

/// A month's run, of which everybody is told.
async fn queue_month(world: &mut World, month: u32) {
    let on = renewal_on(date(FIRST_DAY), month).expect("in range");
    world.sleep_until(&on.to_string()).await;
    assert_eq!(world.run().await.notices, u64::from(POPULATION.accounts));
}

fn start_sending(world: &World, server: &SmtpServer) -> Child {
    world
        .program(&["--json", "notice", "send"])
        .env("LINERENT__MAIL__TRANSPORT", "smtp")
        .env("LINERENT__MAIL__FROM", "Billing <billing@example.com>")
        .env("LINERENT__MAIL__SMTP__URL", server.url())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts")
}

/// Claims of killed processes run out in time; that time goes by now.
async fn forget_the_dead(world: &World) {
    world
        .execute_sql_again_after_deadlocks(
            "UPDATE notices SET claimed_until = '2020-01-01T00:00:00+00:00'
             WHERE claimed_until IS NOT NULL",
        )
        .await;
}
