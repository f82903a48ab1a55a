mod close;
mod history;
mod refund;
mod statement;

use std::process::ExitCode;

use crate::account::Account as AccountRecord;
use crate::cli::views::accounts::{AccountView, AutoReloadView};
use crate::notice::Kind;
use crate::operations::App;
use crate::operations::accounts::auto_reload::{self, Order};
use crate::operations::accounts::book::{self, Booked};
use crate::operations::accounts::create::{self, AccountCreate};
use crate::operations::accounts::update::{self, AccountUpdate};
use crate::operations::accounts::{self, notices};
use crate::reload::PaymentMethod;
use anyhow::Result;
use clap::Subcommand;

use crate::cli::output::{self, Screen, fields, table};
use crate::cli::parse::{self, parsed};
use crate::cli::views::booking::BookedView;

#[derive(Debug, Subcommand)]
pub enum Account {
    /// Create an account with a zero balance.
    #[command(after_help = r#"Examples:
  linerent account create "Analytical Engines" --email ada@example.com
  linerent account create Acme --email billing@acme.example --key a0000001 --currency USD --low-balance 5"#)]
    Create {
        /// The customer's name.
        name: String,
        /// Where notices go.
        #[arg(long)]
        email: String,
        /// 8 hexadecimal characters. Default: a random key.
        #[arg(long)]
        key: Option<String>,
        /// ISO 4217.
        #[arg(long, default_value = "EUR")]
        currency: String,
        /// How far below zero the balance may go.
        #[arg(long, value_name = "AMOUNT", allow_hyphen_values = true)]
        credit_limit: Option<String>,
        /// The account is told once when its balance falls below this.
        #[arg(long, value_name = "AMOUNT", allow_hyphen_values = true)]
        low_balance: Option<String>,
    },
    /// Every account.
    #[command(after_help = r#"Examples:
  linerent account list
  linerent --json account list"#)]
    List,
    /// One account.
    #[command(after_help = r#"Examples:
  linerent account show a0000001"#)]
    Show { key: String },
    /// Change an account's name, address or low balance.
    #[command(after_help = r#"Examples:
  linerent account update a0000001 --email ada@example.org
  linerent account update a0000001 --low-balance """#)]
    Update {
        /// The account's key.
        key: String,
        /// The customer's name.
        #[arg(long)]
        name: Option<String>,
        /// Where notices go; those that wait go there, too.
        #[arg(long)]
        email: Option<String>,
        /// The account is told once when its balance falls below this; "" for never.
        #[arg(long, value_name = "AMOUNT", allow_hyphen_values = true)]
        low_balance: Option<String>,
    },
    /// Say what an account has left and, with `--yes`, end it and close the account.
    Close(close::Close),
    /// Credit money, once per reference, and pay what is due.
    #[command(after_help = r#"Examples:
  linerent account top-up a0000001 100 --reference "bank 2026-01-31""#)]
    TopUp {
        key: String,
        #[arg(allow_hyphen_values = true)]
        amount: String,
        /// Your own name for it, for example the bank's. The same one counts once.
        #[arg(long)]
        reference: String,
    },
    /// Book a correction of either sign, once per reference.
    #[command(after_help = r#"Examples:
  linerent account adjust a0000001 -2.50 --reason "returned by the bank" --reference fee-17"#)]
    Adjust {
        key: String,
        #[arg(allow_hyphen_values = true)]
        amount: String,
        /// What the customer will read.
        #[arg(long)]
        reason: String,
        /// Your own name for it. The same one counts once.
        #[arg(long)]
        reference: String,
    },
    /// Book that the balance, or part of it, was paid back, once per reference.
    Refund(refund::Refund),
    /// Set the standing order that charges a card when the balance is low, or end it.
    #[command(after_help = r#"Examples:
  linerent account auto-reload a0000001 --threshold 5 --amount 20 --payment-method pm_card_visa
  linerent account auto-reload a0000001 --off"#)]
    AutoReload {
        /// The account's key.
        key: String,
        /// Below this balance the card is charged.
        #[arg(
            long,
            value_name = "AMOUNT",
            allow_hyphen_values = true,
            required_unless_present = "off"
        )]
        threshold: Option<String>,
        /// What it is charged a multiple of.
        #[arg(
            long,
            value_name = "AMOUNT",
            allow_hyphen_values = true,
            required_unless_present = "off"
        )]
        amount: Option<String>,
        /// What is charged, as the gateway names it: pm_…
        #[arg(long, value_name = "PM", required_unless_present = "off")]
        payment_method: Option<String>,
        /// Whose it is at the gateway: cus_…
        #[arg(long, value_name = "CUS")]
        customer: Option<String>,
        /// End the order.
        #[arg(long, conflicts_with_all = ["threshold", "amount", "payment_method", "customer"])]
        off: bool,
    },
    /// Switch kinds of notices off and on again, or say which are off.
    #[command(after_help = r#"Examples:
  linerent account notices a0000001
  linerent account notices a0000001 --off renewed,low_balance"#)]
    Notices {
        /// The account's key.
        key: String,
        /// Kinds to do without.
        #[arg(long, value_name = "KIND", num_args = 1.., value_delimiter = ',', value_parser = kinds())]
        off: Vec<String>,
        /// Kinds to be told of again.
        #[arg(long, value_name = "KIND", num_args = 1.., value_delimiter = ',', value_parser = kinds())]
        on: Vec<String>,
    },
    /// What happened and why: rentals, renewals, reloads, mails, and what was changed by hand.
    History(history::History),
    /// What was booked and why, on the screen or as a document.
    Statement(statement::Statement),
}

/// The kinds of notices that an account can do without.
fn kinds() -> output::OneOf {
    output::one_of(Kind::ALL.into_iter().filter(|it| it.is_optional()).map(Kind::as_str))
}

impl Account {
    pub async fn run(self, app: &App, screen: Screen) -> Result<ExitCode> {
        match self {
            Self::Create { name, email, key, currency, credit_limit, low_balance } => {
                let asked = AccountCreate {
                    name,
                    email,
                    id: key.as_deref().map(parsed).transpose()?,
                    currency: parse::currency(&currency)?,
                    credit_limit: credit_limit.as_deref().map(parsed).transpose()?,
                    low_balance: low_balance.as_deref().map(parsed).transpose()?,
                };
                show(screen, &create::create(app, &asked).await?)?;
            }
            Self::List => {
                let views: Vec<_> =
                    accounts::list(app).await?.iter().map(AccountView::from).collect();
                screen.show(&views, |list| many(list))?;
            }
            Self::Show { key } => show(screen, &app.account(parsed(&key)?).await?)?,
            Self::Update { key, name, email, low_balance } => {
                let low_balance = low_balance.as_deref().map(|text| match text {
                    "" => Ok(None),
                    text => parsed(text).map(Some),
                });
                let low_balance = low_balance.transpose()?;
                let asked = AccountUpdate { name, email, low_balance };
                show(screen, &update::update(app, parsed(&key)?, &asked).await?)?;
            }
            Self::Close(command) => return command.run(app, screen).await,
            Self::Refund(command) => return command.run(app, screen).await,
            Self::TopUp { key, amount, reference } => {
                let (account, amount) = (parsed(&key)?, parsed(&amount)?);
                show_booked(screen, &book::top_up(app, account, amount, &reference).await?)?;
            }
            Self::Adjust { key, amount, reason, reference } => {
                let (account, amount) = (parsed(&key)?, parsed(&amount)?);
                let booked = book::adjust(app, account, amount, &reason, &reference).await?;
                show_booked(screen, &booked)?;
            }
            Self::AutoReload { key, threshold, amount, payment_method, customer, off: _ } => {
                let account = parsed(&key)?;
                // Clap requires all three, or `--off`.
                let order = match (threshold, amount, payment_method) {
                    (Some(threshold), Some(amount), Some(id)) => Order::On {
                        threshold: parsed(&threshold)?,
                        amount: parsed(&amount)?,
                        payment_method: PaymentMethod {
                            id: id.trim().to_owned(),
                            customer: customer.map(|it| it.trim().to_owned()),
                        },
                    },
                    _ => Order::Off,
                };
                show(screen, &auto_reload::set(app, account, &order).await?)?;
            }
            Self::Notices { key, off, on } => {
                let account = parsed(&key)?;
                show(
                    screen,
                    &notices::set(app, account, &kinds_of(&off)?, &kinds_of(&on)?).await?,
                )?;
            }
            Self::History(command) => return command.run(app, screen).await,
            Self::Statement(command) => command.run(app, screen).await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn kinds_of(words: &[String]) -> Result<Vec<Kind>> {
    words.iter().map(|word| parsed(word)).collect()
}

fn show(screen: Screen, account: &AccountRecord) -> Result<()> {
    screen.show(&AccountView::from(account), one)
}

fn show_booked(screen: Screen, it: &Booked) -> Result<()> {
    screen.show(&BookedView::from(it), booked)
}

fn one(account: &AccountView) -> String {
    let money = |amount: &dyn ToString| format!("{} {}", amount.to_string(), account.currency);
    fields(&[
        ("key", account.key.clone()),
        ("name", account.name.clone()),
        ("e-mail", account.email.clone()),
        ("balance", money(&account.balance)),
        ("credit limit", money(&account.credit_limit)),
        ("low balance", account.low_balance.map(|amount| money(&amount)).unwrap_or_default()),
        ("notices off", account.notices_off.join(", ")),
        ("auto-reload", auto_reload(account)),
        ("status", account.status.to_owned()),
    ])
}

fn auto_reload(account: &AccountView) -> String {
    let currency = &account.currency;
    let order = |it: &AutoReloadView| {
        let customer = it.customer.as_ref().map(|it| format!(" of {it}")).unwrap_or_default();
        let declines = match it.declines {
            0 => String::new(),
            count => format!(", {} in a row", output::counted(u64::from(count), "decline")),
        };
        format!(
            "below {} {currency} charge {} {currency} to {}{customer}{declines}",
            it.threshold, it.amount, it.payment_method
        )
    };
    match (&account.auto_reload, &account.auto_reload_ended) {
        (Some(it), _) => order(it),
        (None, Some(it)) if it.status == "switched_off" => {
            format!("switched off, it was: {}", order(it))
        }
        (None, Some(it)) => format!("off, it was: {}", order(it)),
        (None, None) => String::new(),
    }
}

fn many(accounts: &[AccountView]) -> String {
    let rows = accounts.iter().map(|account| {
        vec![
            account.key.clone(),
            account.name.clone(),
            account.email.clone(),
            account.balance.to_string(),
            account.credit_limit.to_string(),
            account.currency.clone(),
            account.status.to_owned(),
        ]
    });
    table(&["key", "name", "e-mail", "balance", "credit limit", "", "status"], &[3, 4], rows)
}

fn booked(booked: &BookedView) -> String {
    let what = if booked.booked {
        "booked"
    } else {
        "booked before under this reference, nothing was changed"
    };
    format!("{what}: account {} has {} {}", booked.key, booked.balance, booked.currency)
}
