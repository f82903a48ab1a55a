//! How fast notices leave: from rows that are pending to outcomes that are written down, beside a bare
//! loop that sends one fixed message over the same kind of connection to the same sink; and whether a
//! mail server that never answers delays a run.
//!
//! The loop is lettre's own sending, over sockets that do not hold segments back. It composes nothing, reads
//! nothing and writes nothing down. It goes over one connection, and then once more over as many as the
//! notices; and a last time over as many of the product's own connections, which send several commands at
//! once: that is as much as the sink and the machine can take. All work in turns, so that whatever else the
//! machine does meets them alike; medians are told.
//!
//! `./scripts/test --with-cluster cargo bench --bench notices` measures both engines, plain
//! `cargo bench --bench notices` SQLite. `LINERENT_BENCH_NOTICES` says how many.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a program for people at a terminal, which measures real time"
)]

#[path = "../common/mod.rs"]
mod common;
mod sink;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use chrono::{NaiveDate, NaiveTime};
use lettre::address::Envelope;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::extension::ClientId;
use linerent::clock::{Moment, SystemClock};
use linerent::config;
use linerent::ids::AccountId;
use linerent::mail::{
    Mail, MailSettings, Mailer, SendOutcome, SmtpSecurity, SmtpSettings, Transport,
    TransportSettings, mailbox_of,
};
use linerent::operations::run::{self, Watch};
use linerent::operations::{
    App, Settings, accounts, databases::init, notice, numbers::import, rentals::rent,
};
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};
use tokio::net::TcpStream;
use tokio::task::{JoinHandle, JoinSet};

use common::{cluster, create_database, execute_postgres, ratio, setting};
use sink::{IS_SINK, SilentPort, Sink, be_sink};

const NOTICES: u32 = 1_000;
const ROUNDS: usize = 5;
const CONNECTIONS: u32 = 4;
/// Everything is rented on the first day, and renews a month later.
const FIRST_DAY: NaiveDate = NaiveDate::from_ymd_opt(2026, 1, 15).expect("a date");

#[tokio::main]
async fn main() -> Result<()> {
    if std::env::var_os(IS_SINK).is_some() {
        return be_sink().await;
    }
    let notices = setting("LINERENT_BENCH_NOTICES", NOTICES)?;
    let folder = tempfile::tempdir()?;
    let mut databases =
        vec![("sqlite", format!("sqlite:{}", folder.path().join("bench.db").display()))];
    if let Some(cluster) = cluster() {
        databases.push(("postgres", create_database(&cluster).await?));
    }
    let sink = Sink::start().await?;
    for (engine, url) in databases {
        let mut app = seed(&url, notices, &sink).await?;
        let (mut ours, mut loop_of_one, mut loops, mut own_loops) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (mut alone, mut beside) = (Vec::new(), Vec::new());
        for month in 1..=ROUNDS {
            beside.push(time_run(&mut app, month * 2 - 1, notices, Some(&sink.silent)).await?);
            ours.push(time_delivery(&mut app, notices, &sink).await?);
            loop_of_one.push(time_loops(&app, notices, 1, Over::Lettre(sink.port)).await?);
            loops.push(time_loops(&app, notices, CONNECTIONS, Over::Lettre(sink.port)).await?);
            own_loops.push(time_loops(&app, notices, CONNECTIONS, Over::Ours).await?);
            alone.push(time_run(&mut app, month * 2, notices, None).await?);
            time_delivery(&mut app, notices, &sink).await?;
        }
        app.store.close().await;
        let (ours, loop_of_one) = (median(ours), median(loop_of_one));
        let (loops, own_loops) = (median(loops), median(own_loops));
        println!(
            "engine={engine} notices={notices} connections={CONNECTIONS} notices_per_s={} loop_per_s={} ratio={} loops_of_{CONNECTIONS}_per_s={} ratio_of_{CONNECTIONS}={} own_loops_of_{CONNECTIONS}_per_s={} own_ratio_of_{CONNECTIONS}={}",
            per_second(notices, ours),
            per_second(notices, loop_of_one),
            ratio(loop_of_one, ours),
            per_second(notices, loops),
            ratio(loops, ours),
            per_second(notices, own_loops),
            ratio(own_loops, ours),
        );
        let (alone, beside) = (median(alone), median(beside));
        println!(
            "engine={engine} run_of_accounts={notices} run_ms={} run_beside_a_silent_mail_server_ms={} ratio={}",
            alone.as_millis(),
            beside.as_millis(),
            ratio(alone, beside),
        );
    }
    Ok(())
}

/// A sandbox with so many accounts that rent a number each.
async fn seed(url: &str, count: u32, sink: &Sink) -> Result<App> {
    eprintln!("seeding {count} accounts");
    let mut settings: Settings = config::load(None, Some(url))?.settings;
    settings.mail = Arc::new(mail(&settings.mail, sink.port)?);
    init::init(&settings, init::Wanted::Sandbox(Some(FIRST_DAY)), &SystemClock::default()).await?;
    let app = App::open(settings).await?;
    let mut csv = "msisdn,country,type,features,monthly_price,setup_price,currency\n".to_owned();
    for index in 0..count {
        csv.push_str(&format!("{},GB,mobile-lvn,SMS,1,0,EUR\n", msisdn(index)));
    }
    import::import(&app, csv.as_bytes()).await?;
    for index in 0..count {
        let id = AccountId::new(index * (u32::MAX / count));
        let key = id.to_string();
        let account = accounts::create::AccountCreate {
            name: format!("Customer {index} & Söhne"),
            email: format!("billing-{index}@example.com"),
            id: Some(id),
            currency: linerent::money::currency_of("EUR")?,
            credit_limit: None,
            low_balance: None,
        };
        accounts::create::create(&app, &account).await?;
        accounts::book::top_up(&app, id, "1000".parse()?, "opening").await?;
        rent::rent(&app, key.parse()?, &msisdn(index).parse()?).await?;
    }
    Ok(app)
}

fn msisdn(index: u32) -> String {
    (447_700_900_000_u64 + u64::from(index)).to_string()
}

fn mail(built_in: &MailSettings, port: u16) -> Result<MailSettings> {
    let smtp = SmtpSettings {
        host: "127.0.0.1".to_owned(),
        port,
        security: SmtpSecurity::None,
        credentials: None,
        connections_max: CONNECTIONS,
        timeout: Duration::from_secs(1),
        ca_file: None,
        hello_name: Some("bench.example.com".to_owned()),
    };
    let from = mailbox_of("Example Numbers <billing@example.com>")?;
    Ok(MailSettings { from, transport: TransportSettings::Smtp(smtp), ..built_in.clone() })
}

/// The product's run of a month, alone or while a loop of its own tries to deliver to `silent`.
async fn time_run(
    app: &mut App,
    month: usize,
    accounts: u32,
    silent: Option<&SilentPort>,
) -> Result<Duration> {
    let on = linerent::calendar::renewal_on(FIRST_DAY, u32::try_from(month)?)?;
    let watch = Watch::default();
    linerent::operations::databases::advance::advance(app, on, true, &watch).await?;
    let delivery = match silent {
        Some(port) => Some(Delivery::begin(app, port).await?),
        None => None,
    };
    let begun = Instant::now();
    let report = run::run(app, &watch).await?;
    let took = begun.elapsed();
    if let Some(delivery) = delivery {
        delivery.end().await?;
    }
    ensure!(report.counts.notices == u64::from(accounts), "{report:?}");
    if let Some(port) = silent {
        // There is nothing to send before the first month's run.
        ensure!(
            month == 1 || port.connected.load(Ordering::SeqCst) > 0,
            "nothing was tried beside the run"
        );
    }
    Ok(took)
}

/// A delivery that goes on all the while, as the daemon has it, of what was queued before.
struct Delivery {
    stop: tokio_util::sync::CancellationToken,
    task: JoinHandle<()>,
}

impl Delivery {
    async fn begin(app: &App, port: &SilentPort) -> Result<Self> {
        make_all_pending(&app.settings.database_url).await?;
        let mut app = app.clone();
        app.mailer = Arc::new(Mailer::new(&mail(&app.settings.mail, port.port)?)?);
        let watch = Watch::default();
        let stop = watch.stop.clone();
        let task = tokio::spawn(async move {
            while !watch.stop.is_cancelled() {
                let _ = notice::deliver(&app, &watch, false).await;
                tokio::task::yield_now().await;
            }
        });
        Ok(Self { stop, task })
    }

    async fn end(self) -> Result<()> {
        self.stop.cancel();
        Ok(self.task.await?)
    }
}

/// From rows that are pending to outcomes that are written down.
async fn time_delivery(app: &mut App, notices: u32, sink: &Sink) -> Result<Duration> {
    app.mailer = Arc::new(Mailer::new(&mail(&app.settings.mail, sink.port)?)?);
    // What the run's own loop may have sent already is sent once more.
    make_all_pending(&app.settings.database_url).await?;
    let before = sink.count()?;
    let begun = Instant::now();
    let done = notice::deliver(app, &Watch::default(), false).await?;
    let took = begun.elapsed();
    ensure!(done.sent == u64::from(notices), "{done:?}");
    ensure!(sink.count()? - before == u64::from(notices), "the sink counted otherwise");
    Ok(took)
}

/// What a bare loop goes over.
#[derive(Clone, Copy)]
enum Over {
    /// Connections of lettre, to this port.
    Lettre(u16),
    /// Those of the product.
    Ours,
}

/// One fixed message, as often, over so many connections.
async fn time_loops(app: &App, notices: u32, connections: u32, over: Over) -> Result<Duration> {
    let to = mailbox_of("billing-0@example.com")?;
    let now = Moment { at: FIRST_DAY.and_time(NaiveTime::MIN).and_utc(), on: FIRST_DAY };
    let mut mail = app.mailer.compose_test(&to, 1, now)?;
    // As long as a receipt.
    mail.bytes = notice_bytes(app).await?;
    let mail = Arc::new(mail);
    let begun = Instant::now();
    let mut senders = JoinSet::new();
    for _ in 0..connections {
        let (mail, times) = (Arc::clone(&mail), notices / connections);
        match over {
            Over::Lettre(port) => senders.spawn(send_by_lettre(port, mail, times)),
            Over::Ours => {
                senders.spawn(send_by_ours(Arc::clone(&app.mailer.transport), mail, times))
            }
        };
    }
    while let Some(sent) = senders.join_next().await {
        sent??;
    }
    Ok(begun.elapsed())
}

async fn send_by_lettre(port: u16, mail: Arc<Mail>, times: u32) -> Result<()> {
    let stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.set_nodelay(true)?;
    let hello = ClientId::Domain("bench.example.com".to_owned());
    let mut connection =
        AsyncSmtpConnection::connect_with_transport(Box::new(stream), &hello).await?;
    let envelope = Envelope::new(Some(mail.from.clone()), vec![mail.to.clone()])?;
    for _ in 0..times {
        connection.send(&envelope, &mail.bytes).await?;
    }
    connection.quit().await?;
    Ok(())
}

async fn send_by_ours(transport: Arc<dyn Transport>, mail: Arc<Mail>, times: u32) -> Result<()> {
    let mut connection = transport.connect().await.map_err(anyhow::Error::msg)?;
    for _ in 0..times {
        let carried = connection.send(&mail).await;
        ensure!(matches!(carried, SendOutcome::Accepted(_)), "{carried:?}");
    }
    connection.close().await;
    Ok(())
}

/// The message of one of the notices.
async fn notice_bytes(app: &App) -> Result<Vec<u8>> {
    let filter = linerent::notice::NoticeFilter { limit: 1, ..Default::default() };
    let stored = app.store.notices(&filter).await?.remove(0);
    let mail = app.mailer.compose(&linerent::mail::EmailSource {
        id: stored.id,
        token: stored.token,
        queued: stored.queued,
        content: &stored.content,
        owner: Some(("Customer 0 & Söhne", "billing-0@example.com")),
    })?;
    Ok(mail.bytes)
}

/// The newest month's notices, to be sent again, and none of another month.
async fn make_all_pending(url: &str) -> Result<()> {
    const NEWEST: &str = "billing_date = (SELECT MAX(billing_date) FROM notices)";
    let statements = [
        "UPDATE notices SET status = 'sent', settled_at = created_at WHERE status = 'pending'"
            .to_owned(),
        format!(
            "UPDATE notices
             SET status = 'pending', settled_at = NULL, claimed_until = NULL, attempts = 0
             WHERE {NEWEST}"
        ),
    ];
    for sql in statements {
        if url.starts_with("sqlite:") {
            let mut connection = SqliteConnection::connect(url).await?;
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await?;
            connection.close().await?;
        } else {
            execute_postgres(url, sql).await?;
        }
    }
    Ok(())
}

// --- The sink ---

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn per_second(count: u32, took: Duration) -> u128 {
    u128::from(count) * 1_000_000 / took.as_micros().max(1)
}
