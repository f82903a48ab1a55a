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

use crate::money::currency_of;
use crate::reload::PaymentMethod;
use anyhow::{Context as _, Result};
use chrono::{Datelike as _, NaiveDate};
use rust_decimal::Decimal;
use serde::Serialize;

use super::accounts::auto_reload::{self, Order};
use super::accounts::create::AccountCreate;
use super::accounts::{self, book};
use super::audit::Audit;
use super::cancel::CancelAt;
use super::init::Wanted;
use super::run::Watch;
use super::views::AccountView;
use super::{App, Settings, audit, cancel, init, number_import, rent, sandbox_advance};
use crate::billing::{Day, RunReport};
use crate::clock::Clock;
use crate::mail::{MailSettings, TransportSettings};
use crate::payments::GatewaySettings;
use crate::rng::Rng;
use cast::{ACCOUNTS, Act, SCENES};

/// What happened.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
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
    pub accounts: Vec<AccountView>,
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
#[derive(Debug, Clone, Default, Serialize, schemars::JsonSchema)]
pub struct Month {
    /// Such as `2026-02`.
    pub month: String,
    /// Periods charged.
    pub renewals: u64,
    /// What they came to.
    pub amount: Decimal,
    /// ISO 4217.
    pub currency: &'static str,
    /// Subscriptions that became past due.
    pub past_due: u64,
    /// Subscriptions that were released.
    pub released: u64,
    /// Numbers that went back on sale.
    pub returned: u64,
    /// Reloads that were captured.
    pub reloads: u64,
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
    let imported = number_import::import(&app, inventory::csv().as_bytes()).await;
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
        accounts: accounts::list(&app).await?.iter().map(AccountView::from).collect(),
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
        // Whatever is configured for real: a demo charges nobody's card, and writes to nobody.
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
        currency: currency_of(inventory::CURRENCY)?,
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
        let (run, mail) = sandbox_advance::live_through(app, day, next, watch).await?;
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
    let mut months: BTreeMap<String, Month> = BTreeMap::new();
    for run in runs {
        let name = format!("{}-{:02}", run.billing_date.year(), run.billing_date.month());
        let month = months.entry(name.clone()).or_insert_with(|| Month {
            month: name,
            amount: Decimal::new(0, 2),
            currency: inventory::CURRENCY,
            ..Month::default()
        });
        month.renewals += run.renewed;
        for money in &run.renewed_amounts {
            month.amount += money.amount;
        }
        month.past_due += run.past_due;
        month.released += run.released;
        month.returned += run.returned;
        month.reloads += run.reloads.captured;
    }
    months.into_values().collect()
}
