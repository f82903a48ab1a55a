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

use crate::cli::output::{self, Screen, fields};
use crate::cli::pages::Columns;
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
        /// The mail address for notices.
        #[arg(long)]
        email: String,
        /// The key, 8 hexadecimal characters. Default: a random key.
        #[arg(long)]
        key: Option<String>,
        /// The currency (ISO 4217), for example EUR.
        #[arg(long, default_value = "EUR")]
        currency: String,
        /// How far below zero the balance may fall.
        #[arg(long, value_name = "AMOUNT", allow_hyphen_values = true)]
        credit_limit: Option<String>,
        /// Notify the account when its balance falls below this amount.
        #[arg(long, value_name = "AMOUNT", allow_hyphen_values = true)]
        low_balance: Option<String>,
    },
    /// List all accounts.
    #[command(after_help = r#"Examples:
  linerent account list
  linerent --json account list"#)]
    List,
    /// Show one account.
    #[command(after_help = r#"Examples:
  linerent account show a0000001"#)]
    Show {
        /// The account's key.
        key: String,
    },
    /// Change an account's name, mail address or low-balance threshold.
    #[command(after_help = r#"Examples:
  linerent account update a0000001 --email ada@example.org
  linerent account update a0000001 --low-balance """#)]
    Update {
        /// The account's key.
        key: String,
        /// The customer's name.
        #[arg(long)]
        name: Option<String>,
        /// The mail address for notices, including those already queued.
        #[arg(long)]
        email: Option<String>,
        /// Notify the account when its balance falls below this amount; "" for never.
        #[arg(long, value_name = "AMOUNT", allow_hyphen_values = true)]
        low_balance: Option<String>,
    },
    /// Show what an account still has; with `--yes`, end it and close the account.
    Close(close::Close),
    /// Credit money, once per reference, and pay what is due.
    #[command(after_help = r#"Examples:
  linerent account top-up a0000001 100 --reference "bank 2026-01-31""#)]
    TopUp {
        /// The account's key.
        key: String,
        /// The amount, for example 100 or 12.50.
        #[arg(allow_hyphen_values = true)]
        amount: String,
        /// Your reference, for example the bank's. The same reference is booked once.
        #[arg(long)]
        reference: String,
    },
    /// Add or subtract an amount as a correction, once per reference.
    #[command(after_help = r#"Examples:
  linerent account adjust a0000001 -2.50 --reason "returned by the bank" --reference fee-17"#)]
    Adjust {
        /// The account's key.
        key: String,
        /// The amount to add, for example -2.50.
        #[arg(allow_hyphen_values = true)]
        amount: String,
        /// The reason, as the customer will read it.
        #[arg(long)]
        reason: String,
        /// Your reference. The same reference is booked once.
        #[arg(long)]
        reference: String,
    },
    /// Book a refund of the balance or part of it, once per reference.
    Refund(refund::Refund),
    /// Set or end auto-reload, which charges a card when the balance is low.
    #[command(after_help = r#"Examples:
  linerent account auto-reload a0000001 --threshold 5 --amount 20 --payment-method pm_card_visa
  linerent account auto-reload a0000001 --off"#)]
    AutoReload {
        /// The account's key.
        key: String,
        /// Charge the card when the balance is below this amount.
        #[arg(
            long,
            value_name = "AMOUNT",
            allow_hyphen_values = true,
            required_unless_present = "off"
        )]
        threshold: Option<String>,
        /// The amount to charge, or a multiple of it if more is needed.
        #[arg(
            long,
            value_name = "AMOUNT",
            allow_hyphen_values = true,
            required_unless_present = "off"
        )]
        amount: Option<String>,
        /// The gateway's id of the payment method: pm_…
        #[arg(long, value_name = "PM", required_unless_present = "off")]
        payment_method: Option<String>,
        /// The gateway's id of the customer: cus_…
        #[arg(long, value_name = "CUS")]
        customer: Option<String>,
        /// End auto-reload.
        #[arg(long, conflicts_with_all = ["threshold", "amount", "payment_method", "customer"])]
        off: bool,
    },
    /// Switch kinds of notices off or on, or show which are off.
    #[command(after_help = r#"Examples:
  linerent account notices a0000001
  linerent account notices a0000001 --off renewed,low_balance"#)]
    Notices {
        /// The account's key.
        key: String,
        /// Kinds to switch off.
        #[arg(long, value_name = "KIND", num_args = 1.., value_delimiter = ',', value_parser = kinds())]
        off: Vec<String>,
        /// Kinds to switch on.
        #[arg(long, value_name = "KIND", num_args = 1.., value_delimiter = ',', value_parser = kinds())]
        on: Vec<String>,
    },
    /// Show what happened and why: rentals, renewals, reloads, mails and manual changes.
    History(history::History),
    /// Show or write a statement of account.
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
                screen.show_pages(accounts::pages(app), &ACCOUNTS).await?;
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

const ACCOUNTS: Columns<AccountView> = Columns {
    things: "accounts",
    heading: &["key", "name", "e-mail", "balance", "credit limit", "", "status"],
    right: &[3, 4],
    row: |account| {
        vec![
            account.key.clone(),
            account.name.clone(),
            account.email.clone(),
            account.balance.to_string(),
            account.credit_limit.to_string(),
            account.currency.clone(),
            account.status.to_owned(),
        ]
    },
};

fn booked(booked: &BookedView) -> String {
    let what = if booked.booked {
        "booked"
    } else {
        "already booked under this reference, nothing was changed"
    };
    format!("{what}; the balance of {} is {} {}", booked.key, booked.balance, booked.currency)
}
