//! `demo`: a throw-away sandbox in which a dozen accounts behave differently for a hundred days.
//!
//! Everything is real: the operations are the operator's, the runs are the daily run, and what
//! the demo tells is read back from the ledger.

mod cast;
mod inventory;
mod story;

use crate::policy::Hold;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::reload::PaymentMethod;
use anyhow::{Context as _, Result};
use chrono::{Datelike as _, NaiveDate};

use super::accounts::auto_reload::{self, Order};
use super::accounts::create::AccountCreate;
use super::accounts::{self, book};
use super::audit::Audit;
use super::databases::init::Wanted;
use super::rentals::cancel::CancelAt;
use super::run::Watch;
use super::{
    App, Settings, audit, databases::advance, databases::init, numbers::import, rentals::cancel,
    rentals::rent,
};
use crate::account::Account;
use crate::billing::{Day, RunReport};
use crate::clock::Clock;
use crate::mail::{MailSettings, TransportSettings};
use crate::payments::GatewaySettings;
use crate::rng::Rng;
use crate::run::RunCounts;
use cast::{ACCOUNTS, Act, SCENES};
pub use inventory::CURRENCY;

/// What happened.
#[derive(Debug, Clone)]
pub struct Demo {
    /// The sandbox's database, which is left for looking further.
    pub database: String,
    /// Its first date.
    pub from: NaiveDate,
    /// Its last date.
    pub to: NaiveDate,
    /// Runs, one a day.
    pub runs: usize,
    /// What they did, month by month.
    pub months: Vec<Month>,
    /// The accounts at the end.
    pub accounts: Vec<Account>,
    /// What became of some numbers, as the ledger tells it.
    pub stories: Vec<String>,
    /// What the audit says of it all.
    pub audit: Audit,
    /// The folder with the mails.
    pub mail: PathBuf,
    /// How many mails were written to it.
    pub mails: u64,
}

/// What a month's runs did.
#[derive(Debug, Clone)]
pub struct Month {
    /// Such as `2026-02`.
    pub name: String,
    pub counts: RunCounts,
}

/// Plays the demo in a new sandbox in the folder for temporary files.
///
/// # Errors
/// Where the folder cannot be written to.
pub async fn demo(
    settings: &Settings,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    watch: &Watch,
) -> Result<Demo> {
    let settings = demo_settings(settings, &*rng);
    init::init(&settings, Wanted::Sandbox(Some(cast::first_day())), &*clock).await?;
    let mut app = App::open_with(settings, clock, rng).await?;
    let imported = import::import(&app, inventory::csv().as_bytes()).await;
    imported.map_err(anyhow::Error::from).context("importing the sample inventory")?;
    for (key, name, credit_limit) in ACCOUNTS {
        create(&app, key, name, credit_limit).await?;
    }
    let Played { runs, mails } = play(&mut app, watch).await?;
    Ok(Demo {
        database: app.settings.database_url.clone(),
        from: cast::first_day(),
        to: cast::last_day(),
        runs: runs.len(),
        months: months_of(&runs),
        accounts: accounts::list(&app).await?,
        stories: story::stories(&app).await?,
        audit: audit::audit(&app, &Watch::default()).await?,
        mail: match &app.settings.mail.transport {
            TransportSettings::File(folder) => folder.clone(),
            TransportSettings::Smtp(_) => PathBuf::new(),
        },
        mails,
    })
}

/// Some days of grace and a short hold, so that a hundred days show everything.
fn demo_settings(settings: &Settings, rng: &dyn Rng) -> Settings {
    // Eight random characters are enough for a name, and leave the commands short.
    let name = rng.unique_name().split_off(24);
    let folder = std::env::temp_dir().join(format!("linerent-demo-{name}"));
    let mut policy = *settings.policy;
    policy.release.grace_days = 5;
    policy.release.hold = Hold { days: 30 };
    Settings {
        database_url: format!("sqlite:{}", folder.join("linerent.db").display()),
        policy: Arc::new(policy),
        // Whatever is configured: a demo charges no real card and sends no mail.
        gateway: GatewaySettings::Sandbox,
        mail: Arc::new(demo_mail(&settings.mail, folder.join("mail"))),
        ..settings.clone()
    }
}

/// Mails go into a folder beside the database.
fn demo_mail(settings: &MailSettings, folder: PathBuf) -> MailSettings {
    let transport = TransportSettings::File(folder);
    MailSettings { transport, dkim: None, rate_max_per_s: None, ..settings.clone() }
}

async fn create(app: &App, key: &str, name: &str, credit_limit: &str) -> Result<()> {
    let account = AccountCreate {
        name: name.to_owned(),
        email: format!("billing-{key}@example.com"),
        id: Some(key.parse()?),
        currency: CURRENCY,
        credit_limit: Some(credit_limit.parse()?),
        low_balance: None,
    };
    let created = accounts::create::create(app, &account).await.map_err(anyhow::Error::from);
    created.with_context(|| format!("creating {name}"))?;
    Ok(())
}

/// The days that were played.
struct Played {
    runs: Vec<RunReport>,
    mails: u64,
}

/// Day by day: that day's run, then what the accounts do on it.
async fn play(app: &mut App, watch: &Watch) -> Result<Played> {
    let mut played = Played { runs: Vec::new(), mails: 0 };
    let mut day = cast::first_day();
    let of = cast::last_day().signed_duration_since(day).num_days().unsigned_abs();
    loop {
        for (on, key, act) in SCENES.iter().filter(|(on, ..)| cast::date(on) == day) {
            perform(app, key, act).await.with_context(|| format!("{key} on {on}: {act:?}"))?;
        }
        if day == cast::last_day() {
            return Ok(played);
        }
        let on = day.succ_opt().context("the calendar ends here")?;
        let next = Day { on, number: played.runs.len() as u64 + 1, of };
        let (run, mail) = advance::live_through(app, day, next, watch).await?;
        played.runs.push(run);
        played.mails += mail.sent;
        day = on;
    }
}

async fn perform(app: &App, key: &str, act: &Act) -> Result<()> {
    match *act {
        Act::TopUp(amount) => {
            let reference = format!("bank transfer of {}", app.moment().on);
            book::top_up(app, key.parse()?, amount.parse()?, &reference).await?;
        }
        Act::Rent(msisdn) => {
            rent::rent(app, key.parse()?, &msisdn.parse()?).await?;
        }
        Act::Cancel(msisdn) => {
            cancel::cancel(app, &msisdn.parse()?, Some(key.parse()?), CancelAt::Once).await?;
        }
        Act::AutoReload(payment_method) => {
            let order = Order::On {
                threshold: "5".parse()?,
                amount: "20".parse()?,
                payment_method: PaymentMethod { id: payment_method.to_owned(), customer: None },
            };
            auto_reload::set(app, key.parse()?, &order).await?;
        }
        Act::CancelAtPeriodEnd(msisdn) => {
            cancel::cancel(app, &msisdn.parse()?, Some(key.parse()?), CancelAt::PeriodEnd).await?;
        }
    }
    Ok(())
}

fn months_of(runs: &[RunReport]) -> Vec<Month> {
    let mut months: BTreeMap<String, RunCounts> = BTreeMap::new();
    for run in runs {
        let name = format!("{}-{:02}", run.billing_date.year(), run.billing_date.month());
        months.entry(name).or_default().add(&run.counts);
    }
    months.into_iter().map(|(name, counts)| Month { name, counts }).collect()
}
