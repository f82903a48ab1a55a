//! A world for one test: a database of its own, a sandbox's clock, and verbs.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use linerent::cli::refusals::RefusalView;
use linerent::cli::views::accounts::AccountView;
use linerent::cli::views::numbers::InventoryView;
use linerent::cli::views::runs::RunView;
use linerent::cli::views::statement::StatementView;
use linerent::cli::views::subscriptions::SubscriptionView;
use linerent::clock::{Clock, SystemClock};
use linerent::config;
use linerent::ids::AccountId;
use linerent::mail::{MailSettings, Mailer, MemoryTransport};
use linerent::money::currency_of;
use linerent::operations::accounts::book::Booked;
use linerent::operations::accounts::create::AccountCreate;
use linerent::operations::accounts::{book, create, statement};
use linerent::operations::audit::Disagreement;
use linerent::operations::run::Watch;
use linerent::operations::{
    self, App, Settings, audit, databases::advance, databases::init, numbers::import,
    numbers::show, rentals::list, run,
};
use linerent::rental::Msisdn;
use linerent::rng::{Rng, SystemRng};
use sqlx::Connection as _;

use crate::processes::path_of;
use crate::template;

pub mod accounts;
pub mod database;
pub mod notices;
pub mod reloads;

/// Defines a test that runs once on each engine: `on_both_engines!(name, |world| { … });`
#[macro_export]
macro_rules! on_both_engines {
    ($name:ident, |$world:ident| $body:block) => {
        mod $name {
            #[allow(unused_imports, reason = "a body may need none of them")]
            use super::*;
            use $crate::{Engine, World};

            async fn check($world: &mut World) $body

            #[tokio::test(flavor = "multi_thread")]
            async fn sqlite() {
                let mut world = World::new(Engine::Sqlite).await;
                check(&mut world).await;
                world.end().await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn postgres() {
                let mut world = World::new(Engine::Postgres).await;
                check(&mut world).await;
                world.end().await;
            }
        }
    };
}

/// The two databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// A database of its own, in which the sandbox's date is 2026-01-31 at first.
pub struct World {
    pub app: App,
    pub url: String,
    pub engine: Engine,
    /// What carries the mails.
    pub post: MemoryTransport,
    folder: tempfile::TempDir,
}

/// The date on which every world begins.
pub const FIRST_DAY: &str = "2026-01-31";

impl World {
    pub async fn new(engine: Engine) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        match engine {
            Engine::Sqlite => {
                let path = folder.path().join("linerent.db");
                Self::in_sqlite_file(&path, folder).await
            }
            Engine::Postgres => {
                Self::on_initialised(engine, template::copy_to_postgres().await, folder).await
            }
        }
    }

    /// A world in a new SQLite file of that path.
    pub async fn in_sqlite_file(path: &Path, folder: tempfile::TempDir) -> Self {
        template::copy_to_sqlite(path).await;
        Self::on_initialised(Engine::Sqlite, format!("sqlite:{}", path.display()), folder).await
    }

    /// A world in a new database of a PostgreSQL cluster of the test's own.
    pub async fn in_postgres_cluster(cluster: &str, folder: tempfile::TempDir) -> Self {
        let url = create_postgres_database(cluster, "").await;
        template::initialise(&url).await;
        Self::on_initialised(Engine::Postgres, url, folder).await
    }

    /// A world in an SQLite file, with this clock and randomness, and its settings changed by `change`.
    pub async fn with(
        kind: init::Wanted,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
        change: impl FnOnce(&mut Settings),
    ) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = format!("sqlite:{}", folder.path().join("linerent.db").display());
        let mut settings = settings(&url);
        change(&mut settings);
        init::init(&settings, kind, &*clock).await.expect("a database");
        let app = App::open_with(settings, clock, rng).await.expect("an open app");
        Self::of(Engine::Sqlite, url, app, folder)
    }

    async fn on_initialised(engine: Engine, url: String, folder: tempfile::TempDir) -> Self {
        let app = App::open(settings(&url)).await.expect("an open app");
        Self::of(engine, url, app, folder)
    }

    fn of(engine: Engine, url: String, mut app: App, folder: tempfile::TempDir) -> Self {
        let post = MemoryTransport::default();
        app.mailer = mailer(&app.settings.mail, &post);
        Self { app, url, engine, folder, post }
    }

    /// Drops the database; what a failed test leaves goes with the cluster.
    pub async fn end(self) {
        self.app.store.close().await;
        if self.engine == Engine::Postgres {
            drop_postgres_database(&self.url).await;
        }
        drop(self.folder);
    }

    /// Where a test may put files.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Other policy from now on, by a change of the present ones.
    pub fn change_policy(&mut self, change: impl FnOnce(&mut linerent::policy::BillingPolicy)) {
        let mut policy = *self.app.settings.policy;
        change(&mut policy);
        self.app.settings.policy = std::sync::Arc::new(policy);
    }

    /// An account with this key and balance, in EUR.
    pub async fn account(&self, key: &str, balance: &str) -> AccountView {
        let asked = AccountCreate {
            name: format!("Account {key}"),
            email: format!("{key}@example.com"),
            id: Some(id(key)),
            currency: currency_of("EUR").expect("a currency"),
            credit_limit: None,
            low_balance: None,
        };
        let account = create::create(&self.app, &asked).await.expect("an account");
        if balance != "0" {
            self.top_up(key, balance, "opening").await;
        }
        AccountView::from(&account)
    }

    pub async fn top_up(&self, key: &str, amount: &str, reference: &str) {
        let amount = amount.parse().expect("an amount");
        book::top_up(&self.app, id(key), amount, reference).await.expect("a top-up");
    }

    /// A correction that may be refused.
    pub async fn try_to_adjust(
        &self,
        key: &str,
        amount: &str,
        reason: &str,
        reference: &str,
    ) -> Result<Booked, operations::Error> {
        let amount = amount.parse().expect("an amount");
        book::adjust(&self.app, id(key), amount, reason, reference).await
    }

    /// Puts British mobile numbers on sale at this monthly price, without a setup price.
    pub async fn numbers(&self, msisdns: &[&str], monthly_price: &str) {
        let mut csv =
            "msisdn,country,type,features,monthly_price,setup_price,currency\n".to_owned();
        for msisdn in msisdns {
            csv.push_str(&format!("{msisdn},GB,mobile-lvn,SMS,{monthly_price},0,EUR\n"));
        }
        import::import(&self.app, csv.as_bytes()).await.expect("an import");
    }

    pub async fn rent(&self, key: &str, msisdn: &str) -> SubscriptionView {
        self.try_to_rent(key, msisdn).await.expect("a rental")
    }

    /// Moves the clock, with the runs of the days between.
    pub async fn advance(&mut self, to: &str) -> Vec<RunView> {
        let watch = Watch::default();
        let advanced = advance::advance(&mut self.app, date(to), false, &watch).await;
        let advanced = advanced.expect("days with runs");
        advanced.runs.iter().map(RunView::from).collect()
    }

    /// Moves the clock as if the daemon had been down all the while.
    pub async fn sleep_until(&mut self, to: &str) {
        let watch = Watch::default();
        advance::advance(&mut self.app, date(to), true, &watch).await.expect("days without runs");
    }

    pub async fn run(&self) -> RunView {
        RunView::from(&run::run(&self.app, &Watch::default()).await.expect("a run"))
    }

    pub async fn dry_run(&self) -> RunView {
        RunView::from(&run::dry_run(&self.app, &Watch::default()).await.expect("a dry run"))
    }

    pub async fn balance(&self, key: &str) -> String {
        self.show(key).await.balance.to_string()
    }

    pub async fn statement(&self, key: &str) -> Vec<StatementView> {
        let lines = statement::statement(&self.app, id(key), None, None).await;
        lines.expect("a statement").iter().map(StatementView::from).collect()
    }

    pub async fn subscriptions(&self, key: &str) -> Vec<SubscriptionView> {
        let list = list::list(&self.app, Some(id(key)), None, None).await;
        list.expect("a list").iter().map(SubscriptionView::from).collect()
    }

    pub async fn number(&self, msisdn: &str) -> InventoryView {
        let shown = show::show(&self.app, &number(msisdn)).await.expect("a number");
        InventoryView::from(&shown)
    }

    /// What the audit finds; nothing, as a rule.
    pub async fn disagreements(&self) -> Vec<Disagreement> {
        audit::audit(&self.app, &Watch::default()).await.expect("an audit").disagreements
    }

    /// The real admin program on this world's database, in this world's folder.
    pub fn program(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(path_of("linerent"));
        command.current_dir(self.folder.path()).args(["--database", &self.url]).args(arguments);
        command
    }

    /// Runs the admin program to its end.
    pub fn linerent(&self, arguments: &[&str]) -> Output {
        self.program(arguments).output().expect("the program starts")
    }
}

/// A mailer of `settings` whose mails `post` keeps.
pub fn mailer(settings: &MailSettings, post: &MemoryTransport) -> Arc<Mailer> {
    let mailer = Mailer::with_transport(settings, Arc::new(post.clone()));
    Arc::new(mailer.expect("letters that can be written"))
}

/// The machine's time, by which the programs and the stand-ins of other parties go.
pub fn system_now() -> DateTime<Utc> {
    SystemClock::default().now()
}

/// The sentence and the hints of an operation's error, as the command line prints them.
pub fn said(error: impl Into<anyhow::Error>) -> String {
    let error = error.into();
    let Some(refusal) = RefusalView::find(&error) else { return format!("{error:#}") };
    let hints = refusal.hints.into_iter().map(|hint| format!("\nhint: {hint}"));
    refusal.message + &hints.collect::<String>()
}

/// The account with this key.
pub fn id(key: &str) -> AccountId {
    key.parse().expect("a key")
}

pub fn number(msisdn: &str) -> Msisdn {
    msisdn.parse().expect("a number")
}

pub fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

/// The built-in settings for the database at `url`.
pub fn settings(url: &str) -> Settings {
    config::load(None, Some(url)).expect("the built-in configuration").settings
}

/// The throw-away cluster that `scripts/test` started.
pub fn cluster() -> String {
    std::env::var("LINERENT_TEST_POSTGRES").expect(
        "LINERENT_TEST_POSTGRES names a PostgreSQL server: run `./scripts/test`, which starts one",
    )
}

pub async fn create_empty_postgres_database() -> String {
    create_postgres_database(&cluster(), "").await
}

/// Creates a database in the cluster at that URL, with `options` of `CREATE DATABASE`; returns its URL.
pub async fn create_postgres_database(cluster: &str, options: &str) -> String {
    let name = format!("linerent_{}", SystemRng.unique_name());
    let mut connection = sqlx::PgConnection::connect(cluster).await.expect("the test cluster");
    let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name} {options}"));
    sqlx::raw_sql(create).execute(&mut connection).await.expect("a new database");
    connection.close().await.expect("a clean end");
    let (server, _) = cluster.rsplit_once('/').expect("a URL with a database");
    format!("{server}/{name}")
}

pub async fn drop_postgres_database(url: &str) {
    let (_, name) = url.rsplit_once('/').expect("a URL with a database");
    let mut connection = sqlx::PgConnection::connect(&cluster()).await.expect("the test cluster");
    let drop = sqlx::AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"));
    sqlx::raw_sql(drop).execute(&mut connection).await.expect("the database goes");
}
