//! Everything at once: several processes carry out random commands while others are killed or stopped and connections
//! are broken. In the end, everything agrees.
//!
//! It is short by default. `./scripts/storm` makes it long, from a seed, and prints a report.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use linerent::calendar::days_after;
use linerent_testkit::seeded_rng::SeededRng;
use linerent_testkit::{Engine, FIRST_DAY, World, date};
use sqlx::Connection as _;
use tokio::task::JoinSet;

const PROCESSES: u32 = 4;
const ACCOUNTS: u64 = 12;
const NUMBERS: u64 = 60;

/// How long the storm lasts, and its seed.
fn settings() -> (Duration, String) {
    let seconds = std::env::var("LINERENT_STORM_S").map_or(Ok(5), |text| text.parse());
    let seed = std::env::var("LINERENT_STORM_SEED").unwrap_or_else(|_| "1".to_owned());
    (Duration::from_secs(seconds.expect("LINERENT_STORM_S is a number")), seed)
}

on_both_engines!(whatever_happens_at_once_everything_agrees_in_the_end, |world| {
    let (duration, seed) = settings();
    prepare(world).await;
    let report = Arc::new(Mutex::new(Report::default()));
    let today = Arc::new(AtomicU32::new(0));
    let end = Instant::now() + duration;
    let mut tasks = JoinSet::new();
    for index in 0..PROCESSES {
        let chance = SeededRng::new(&format!("{seed} {index} {}", world.engine.name()));
        let (report, today) = (Arc::clone(&report), Arc::clone(&today));
        let worker = Worker { chance, report, today, index, count: 0 };
        let programs = Programs::of(world);
        tasks.spawn_blocking(move || worker.work(&programs, end));
    }
    if world.engine == Engine::Postgres {
        tasks.spawn(break_connections(world.url.clone(), end, Arc::clone(&report)));
    }
    while let Some(ended) = tasks.join_next().await {
        ended.expect("no panic");
    }
    calm_down(world).await;
    let report = std::mem::take(&mut *report.lock().expect("no panic"));
    report.print(world.engine, &seed, duration);
    assert_eq!(report.strange, Vec::<String>::new());
    assert_eq!(world.disagreements().await, []);
    check_cards(world).await;
    check_acknowledged(world, &report).await;
});

async fn prepare(world: &World) {
    let msisdns: Vec<_> = (0..NUMBERS).map(|it| format!("4477009{it:05}")).collect();
    let msisdns: Vec<_> = msisdns.iter().map(String::as_str).collect();
    world.numbers(&msisdns, "1.00").await;
    world.shared_short_code("98975", "0.50").await;
    for index in 0..ACCOUNTS {
        let key = key(index);
        world.account(&key, "5").await;
        let method = [
            "pm_card_visa",
            "pm_sandbox_timeoutAfterCapture",
            "pm_card_chargeDeclined",
            "pm_sandbox_error500_2",
        ];
        if let Some(method) = method.get(usize::try_from(index % 6).expect("small")) {
            world.auto_reload(&key, "3", "5", method).await;
        }
    }
}

fn key(index: u64) -> String {
    format!("{:08x}", index * 0x1000_0001 + 1)
}

/// How to start the admin program on the world's database.
#[derive(Clone)]
struct Programs {
    program: std::path::PathBuf,
    folder: std::path::PathBuf,
    url: String,
}

impl Programs {
    fn of(world: &World) -> Self {
        let program = world.program(&[]).get_program().into();
        Self { program, folder: world.folder().to_path_buf(), url: world.url.clone() }
    }

    fn start(&self, arguments: &[String]) -> Child {
        let mut command = Command::new(&self.program);
        command
            .current_dir(&self.folder)
            .args(["--yes", "--json", "--database", &self.url])
            .args(arguments)
            .env("LINERENT__RUN__BATCH_ACCOUNTS", "3")
            .env("LINERENT__RUN__LEASE_S", "1")
            .env("LINERENT__RELEASE__HOLD_DAYS", "2")
            .env("LINERENT__AUTO_RELOAD__RETRY_AFTER", "0s")
            .env("LINERENT__DATABASE__WAIT_MAX", "5s")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.spawn().expect("the program starts")
    }
}

/// What happened, for the report.
#[derive(Default)]
struct Report {
    /// By verb: how often it was done, refused, failed, and killed.
    verbs: BTreeMap<String, [u64; 4]>,
    stopped: u64,
    connections_broken: u64,
    /// The references of top-ups that were acknowledged.
    booked: Vec<String>,
    /// What must never happen.
    strange: Vec<String>,
}

const DONE: usize = 0;
const REFUSED: usize = 1;
const FAILED: usize = 2;
const KILLED: usize = 3;

impl Report {
    #[expect(
        clippy::print_stderr,
        reason = "the report of a storm is for the person who started it"
    )]
    fn print(&self, engine: Engine, seed: &str, duration: Duration) {
        let sums = self.verbs.values().fold([0; 4], |mut sums, counts| {
            for (sum, count) in sums.iter_mut().zip(counts) {
                *sum += count;
            }
            sums
        });
        let mut text = format!(
            "storm on {}, seed {seed}, {} s: {} commands\n",
            engine.name(),
            duration.as_secs(),
            sums.iter().sum::<u64>()
        );
        let line = |name: &str, counts: &[u64; 4]| {
            let [done, refused, failed, killed] = counts;
            format!(
                "  {name:28} {done:6} done {refused:6} refused {failed:6} failed {killed:6} killed\n"
            )
        };
        for (verb, counts) in &self.verbs {
            text.push_str(&line(verb, counts));
        }
        text.push_str(&line("all", &sums));
        let _ = writeln!(
            text,
            "  {} processes stopped for a while, {} connections broken, {} top-ups acknowledged",
            self.stopped,
            self.connections_broken,
            self.booked.len()
        );
        eprint!("{text}");
    }
}

/// One of the processes that work at the same time.
struct Worker {
    chance: SeededRng,
    report: Arc<Mutex<Report>>,
    /// Days since the world's first.
    today: Arc<AtomicU32>,
    index: u32,
    count: u64,
}

impl Worker {
    fn work(mut self, programs: &Programs, end: Instant) {
        while Instant::now() < end {
            self.count += 1;
            let (verb, arguments, reference) = self.command();
            let child = programs.start(&arguments);
            let (output, was_killed) = self.attend(child);
            self.note(&verb, &arguments, &output, was_killed, reference);
        }
    }

    /// Waits for the process, or kills it, or stops it for a while.
    fn attend(&mut self, mut child: Child) -> (Output, bool) {
        let mut was_killed = false;
        match self.chance.below(6) {
            0 | 1 => {
                pause(self.chance.below(120));
                // It may have ended by then.
                was_killed = child.kill().is_ok();
            }
            2 => {
                pause(self.chance.below(60));
                signal(&child, "STOP");
                pause(self.chance.below(400));
                signal(&child, "CONT");
                self.report.lock().expect("no panic").stopped += 1;
            }
            _ => {}
        }
        (child.wait_with_output().expect("an end"), was_killed)
    }

    fn note(
        &self,
        verb: &str,
        arguments: &[String],
        output: &Output,
        was_killed: bool,
        reference: Option<String>,
    ) {
        let mut report = self.report.lock().expect("no panic");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let outcome = match output.status.code() {
            Some(0) => DONE,
            Some(1) => REFUSED,
            Some(2) => FAILED,
            None if was_killed => KILLED,
            _ => {
                report.strange.push(format!("{arguments:?} ended with {}: {said}", output.status));
                FAILED
            }
        };
        let is_disagreement = verb == "audit" && outcome == REFUSED;
        if is_disagreement || said.contains("panicked") || said.contains("internal error") {
            let printed = String::from_utf8_lossy(&output.stdout);
            report.strange.push(format!("{arguments:?}: {said} {printed}"));
        }
        report.verbs.entry(verb.to_owned()).or_default()[outcome] += 1;
        if outcome == DONE {
            report.booked.extend(reference);
        }
    }

    /// A random command: its verb, its arguments, and the reference of a top-up.
    fn command(&mut self) -> (String, Vec<String>, Option<String>) {
        let key = key(self.chance.below(ACCOUNTS));
        let msisdn = format!("4477009{:05}", self.chance.below(NUMBERS));
        let amount = format!("{}.{:02}", self.chance.below(9) + 1, self.chance.below(100));
        // Some references are used again.
        let reference = format!("{}-{}-{key}", self.index, self.count - self.chance.below(2));
        let verb = self.chance.one_of(VERBS);
        if verb.contains("TOMORROW") {
            self.today.fetch_add(1, Ordering::Relaxed);
        }
        let today = days_after(date(FIRST_DAY), self.today.load(Ordering::Relaxed));
        let line = verb
            .replace("KEY", &key)
            .replace("MSISDN", &msisdn)
            .replace("AMOUNT", &amount)
            .replace("REFERENCE", &reference)
            .replace("TODAY", &today.to_string())
            .replace("TOMORROW", &today.to_string());
        let arguments: Vec<_> = line.split(' ').map(str::to_owned).collect();
        let is_word = |word: &&str| {
            !word.starts_with('-')
                && !word.bytes().any(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        };
        let name: Vec<_> = verb.split(' ').take_while(is_word).collect();
        let booked = verb.starts_with("account top-up").then_some(reference);
        (name.join(" "), arguments, booked)
    }
}

const VERBS: &[&str] = &[
    "account top-up KEY AMOUNT --reference REFERENCE",
    "account top-up KEY AMOUNT --reference REFERENCE",
    "account top-up KEY AMOUNT --reference REFERENCE",
    "account adjust KEY -0.50 --reason storm --reference a-REFERENCE",
    "account refund KEY 0.10 --reference r-REFERENCE",
    "account auto-reload KEY --threshold 2 --amount AMOUNT --payment-method pm_card_visa",
    "account auto-reload KEY --off",
    "account update KEY --low-balance AMOUNT",
    "account show KEY",
    "account list",
    "account statement KEY",
    "account history KEY",
    "rent KEY MSISDN",
    "rent KEY MSISDN",
    "rent KEY --any --country GB --count 2",
    "rent KEY 98975",
    "cancel MSISDN",
    "cancel MSISDN --at-period-end",
    "cancel MSISDN --keep",
    "configure MSISDN --application storm",
    "number show MSISDN",
    "number search --country GB",
    "number list",
    "subscription list",
    "run",
    "run --no-mail",
    "run --dry-run",
    "run list",
    "reload check",
    "reload list",
    "notice send",
    "notice list",
    "forecast --days 5",
    "audit",
    "sandbox advance --to TOMORROW",
    "sandbox advance --to TOMORROW",
    "run undo TODAY",
];

fn signal(child: &Child, name: &str) {
    // It may have ended by then.
    let _ = Command::new("kill")
        .args(["-s", name, &child.id().to_string()])
        .stderr(Stdio::null())
        .status();
}

fn pause(millis: u64) {
    std::thread::sleep(Duration::from_millis(millis));
}

/// Ends random connections of the database, as a restart of the server or of a proxy would.
async fn break_connections(url: String, end: Instant, report: Arc<Mutex<Report>>) {
    let mut connection = sqlx::PgConnection::connect(&url).await.expect("a connection");
    while Instant::now() < end {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let ended: Vec<bool> = sqlx::query_scalar(
            "SELECT pg_terminate_backend(pid)
             FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()
             ORDER BY random()
             LIMIT 1",
        )
        .fetch_all(&mut connection)
        .await
        .expect("the rights of the tests");
        report.lock().expect("no panic").connections_broken += ended.len() as u64;
    }
}

/// Lets all that was interrupted come to its end.
async fn calm_down(world: &mut World) {
    let finish: &[&[&str]] =
        &[&["run"], &["reload", "check"], &["reload", "check"], &["notice", "send"]];
    for round in 0..20 {
        let undoing = "SELECT CAST(billing_date AS TEXT) FROM runs WHERE status = 'undoing'";
        for on in world.texts(undoing).await {
            world.linerent(&["--yes", "run", "undo", &on]);
        }
        let outputs: Vec<_> = finish.iter().map(|it| world.linerent(it)).collect();
        if outputs.iter().all(|output| output.status.success()) {
            return;
        }
        // A claim of a killed process has to end first.
        assert!(round < 19, "{outputs:?}");
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
}

/// What the gateway captured is what was credited.
async fn check_cards(world: &World) {
    let differences = world
        .texts(
            "SELECT concat_ws(' ', sandbox_charges.account_id, reload_id, sandbox_charges.amount, transfers.amount)
             FROM sandbox_charges
             LEFT JOIN transfers
                ON transfers.account_id = sandbox_charges.account_id
                AND idempotency_key = 'reload/' || reload_id
             WHERE sandbox_charges.status = 'captured'
                AND (transfers.amount IS NULL OR transfers.amount <> sandbox_charges.amount)",
        )
        .await;
    assert_eq!(differences, Vec::<String>::new());
}

/// What was acknowledged is there, once.
async fn check_acknowledged(world: &World, report: &Report) {
    let keys = "SELECT idempotency_key FROM transfers WHERE code = 'top-up'";
    let keys = world.texts(keys).await;
    for reference in &report.booked {
        let key = format!("top-up/{reference}");
        assert_eq!(keys.iter().filter(|it| **it == key).count(), 1, "{reference}");
    }
}
