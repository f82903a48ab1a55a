//! `audit`: re-derives everything from the ledger and the calendar, and says what disagrees.

use std::collections::{HashMap, HashSet};

use anyhow::{Result, bail};
use chrono::NaiveDate;

use super::App;
use super::run::Watch;
use crate::billing::account_pages::AccountPages;
use crate::billing::run::RunError;
use crate::calendar::{Period, renewal_on};
use crate::ids::AccountId;
use crate::ledger::{BALANCE, Code, rental_key, setup_key};
use crate::money::{Money, currency_of};
use crate::store::audit::{
    AuditPage, AuditedAccount, AuditedReload, AuditedSubscription, AuditedTransfer,
};

mod reloads;

/// What was looked at and what disagrees.
#[derive(Debug, Clone, Default)]
pub struct Audit {
    /// Accounts looked at.
    pub accounts: u64,
    /// Subscriptions looked at.
    pub subscriptions: u64,
    /// Transfers looked at.
    pub transfers: u64,
    /// Numbers looked at.
    pub numbers: u64,
    /// Reloads looked at.
    pub reloads: u64,
    pub gateway: GatewayComparison,
    /// What disagrees; nothing, if all is well.
    pub disagreements: Vec<Disagreement>,
}

/// Whether the reloads were compared with the gateway's list of captures.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum GatewayComparison {
    /// There was no recent reload to compare.
    #[default]
    NothingToCompare,
    Compared {
        gateway: &'static str,
    },
    /// This database may not use the configured gateway.
    NoGateway,
    NoAnswer {
        gateway: &'static str,
        reason: String,
    },
}

/// Two things that cannot both be right. The account and the number are as the database has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disagreement {
    /// The key of the account.
    pub account: Option<String>,
    /// The number.
    pub number: Option<String>,
    /// What disagrees with what.
    pub what: String,
}

/// Accounts looked at in one go.
const PAGE: u32 = 500;

/// Looks at everything, a page of accounts at a time.
///
/// # Errors
/// Where the database fails.
pub async fn audit(app: &App, watch: &Watch) -> Result<Audit> {
    let mut audit = Audit { numbers: app.store.count_numbers().await?, ..Audit::default() };
    audit.look_at_all(app, watch).await?;
    if watch.stop.is_cancelled() {
        bail!("the audit was interrupted");
    }
    reloads::compare_with_gateway(app, &mut audit).await?;
    for account in app.store.missing_accounts().await? {
        audit.disagreements.push(Disagreement {
            account: Some(account.to_string()),
            number: None,
            what: "does not exist, and has subscriptions or transfers".to_owned(),
        });
    }
    for (msisdn, what) in app.store.contradicting_numbers().await? {
        audit.disagreements.push(Disagreement { account: None, number: Some(msisdn), what });
    }
    Ok(audit)
}

impl Audit {
    /// Looks at all accounts, or at those before `watch` stops it.
    async fn look_at_all(&mut self, app: &App, watch: &Watch) -> Result<()> {
        let mut pages = AccountPages::new(PAGE, &watch.stop).reporting_to(&*watch.observer);
        loop {
            match pages.next(|first, _, limit| app.store.account_ids(first, limit)).await {
                Ok(Some(accounts)) => self.look_at_accounts(app, &accounts).await?,
                Ok(None) | Err(RunError::Interrupted) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Looks at `accounts`, which follow each other; at each alone where one row spoils it for
    /// all, so that what cannot be read is named.
    async fn look_at_accounts(&mut self, app: &App, accounts: &[AccountId]) -> Result<()> {
        let (Some(first), Some(last)) = (accounts.first(), accounts.last()) else { return Ok(()) };
        match app.store.audit_page(*first, *last).await {
            Ok(page) => {
                self.look_at(&page);
                return Ok(());
            }
            Err(error) if error.is_unavailable() => return Err(error.into()),
            Err(_) => {}
        }
        for account in accounts {
            match app.store.audit_page(*account, *account).await {
                Ok(page) => self.look_at(&page),
                Err(error) if error.is_unavailable() => return Err(error.into()),
                Err(error) => self.disagreements.push(Disagreement {
                    account: Some(account.to_string()),
                    number: None,
                    what: format!("cannot be read: {:#}", anyhow::Error::from(error)),
                }),
            }
        }
        Ok(())
    }

    fn look_at(&mut self, page: &AuditPage) {
        self.accounts += page.accounts.len() as u64;
        self.subscriptions += page.subscriptions.len() as u64;
        self.transfers += page.transfers.len() as u64;
        self.reloads += page.reloads.len() as u64;
        let mut subscriptions: HashMap<i64, Vec<&AuditedSubscription>> = HashMap::new();
        for subscription in &page.subscriptions {
            subscriptions.entry(subscription.account_id).or_default().push(subscription);
        }
        let mut transfers: HashMap<i64, Vec<&AuditedTransfer>> = HashMap::new();
        for transfer in &page.transfers {
            transfers.entry(transfer.account_id).or_default().push(transfer);
        }
        let mut reloads: HashMap<i64, Vec<&AuditedReload>> = HashMap::new();
        for reload in &page.reloads {
            reloads.entry(reload.account_id).or_default().push(reload);
        }
        for account in &page.accounts {
            let mut findings = Findings { account, disagreements: &mut self.disagreements };
            let subscriptions = subscriptions.remove(&account.account_id).unwrap_or_default();
            let transfers = transfers.remove(&account.account_id).unwrap_or_default();
            check_ledger(&mut findings, &transfers);
            check_subscriptions(&mut findings, &subscriptions, &transfers);
            let reloads = reloads.remove(&account.account_id).unwrap_or_default();
            reloads::check(&mut findings, &reloads, &transfers);
        }
    }
}

struct Findings<'a> {
    account: &'a AuditedAccount,
    disagreements: &'a mut Vec<Disagreement>,
}

impl Findings<'_> {
    fn add(&mut self, number: Option<&str>, what: String) {
        let key = format!("{:08x}", self.account.account_id);
        self.disagreements.push(Disagreement {
            account: Some(key),
            number: number.map(str::to_owned),
            what,
        });
    }

    /// Notes a disagreement unless `micros` is what it should be.
    fn same_money(&mut self, number: Option<&str>, what: &str, micros: i64, expected: i128) {
        let micros = i128::from(micros);
        if micros != expected {
            let (is, should) = (self.money(micros), self.money(expected));
            self.add(number, format!("{what} {is}, and should be {should}"));
        }
    }

    /// An amount of the account's, as people read it.
    fn money(&self, micros: i128) -> String {
        money(micros, &self.account.currency)
    }

    /// Notes a disagreement unless `left` and `right` are the same.
    fn same<T: PartialEq + std::fmt::Display>(
        &mut self,
        number: Option<&str>,
        what: &str,
        left: T,
        right: T,
    ) {
        if left != right {
            self.add(number, format!("{what}: {left}, and should be {right}"));
        }
    }
}

/// A sum in 10⁻⁶ units of a currency, as people read it.
fn money(micros: i128, currency: &str) -> String {
    let money = i64::try_from(micros).ok().zip(currency_of(currency).ok());
    money.map_or_else(
        || format!("{micros} millionths of {currency}"),
        |(micros, currency)| Money::from_micros(micros, currency).to_string(),
    )
}

/// As the database counts.
fn count(len: usize) -> i64 {
    i64::try_from(len).unwrap_or(i64::MAX)
}

/// The balance is the sum of the transfers, which follow each other without a gap.
fn check_ledger(findings: &mut Findings<'_>, transfers: &[&AuditedTransfer]) {
    let account = findings.account;
    let mut balance: i128 = 0;
    for (index, transfer) in transfers.iter().enumerate() {
        let what = format!("transfer {}", transfer.sequence);
        findings.same(
            None,
            &format!("{what} has the sequence"),
            transfer.sequence,
            count(index) + 1,
        );
        findings.same(None, &format!("{what} is in"), &transfer.currency, &account.currency);
        check_sides(findings, transfer, &what);
        balance += if transfer.debit == BALANCE {
            -i128::from(transfer.amount)
        } else {
            i128::from(transfer.amount)
        };
        findings.same_money(
            None,
            &format!("{what} says a balance of"),
            transfer.balance_after,
            balance,
        );
    }
    findings.same_money(None, "the balance is", account.balance, balance);
    findings.same(
        None,
        "the count of transfers is",
        account.transfer_count,
        count(transfers.len()),
    );
    if account.status == "closed" && account.balance != 0 {
        findings.add(None, "is closed, and its balance is not zero".to_owned());
    }
    if account.balance < -account.credit_limit {
        let balance = findings.money(account.balance.into());
        findings.add(None, format!("the balance is {balance}, below the credit limit"));
    }
}

/// The code says which of the house's ledger accounts is on the other side.
fn check_sides(findings: &mut Findings<'_>, transfer: &AuditedTransfer, what: &str) {
    let Some(code) = Code::find(&transfer.code) else {
        return findings.add(None, format!("{what} has the unknown code `{}`", transfer.code));
    };
    let (ours, other) = (transfer.debit == BALANCE, transfer.credit == BALANCE);
    let house = if ours { &transfer.credit } else { &transfer.debit };
    if ours == other || house != code.house_account() || transfer.amount <= 0 {
        let amount = findings.money(transfer.amount.into());
        findings.add(
            None,
            format!("{what} moves {amount} from {} to {}", transfer.debit, transfer.credit),
        );
    }
}

/// Each subscription's periods are charged once each, in full, without a gap, and its next
/// renewal is where the calendar puts it.
fn check_subscriptions(
    findings: &mut Findings<'_>,
    subscriptions: &[&AuditedSubscription],
    transfers: &[&AuditedTransfer],
) {
    findings.same(
        None,
        "the count of subscriptions is",
        findings.account.subscription_count,
        count(subscriptions.len()),
    );
    let mut rentals: HashMap<i64, Vec<&AuditedTransfer>> = HashMap::new();
    for transfer in transfers.iter().filter(|transfer| transfer.code == Code::Rental.as_str()) {
        rentals.entry(transfer.subscription.unwrap_or_default()).or_default().push(transfer);
    }
    for subscription in subscriptions {
        let number = Some(subscription.msisdn.as_str());
        let charged = rentals.remove(&subscription.ordinal).unwrap_or_default();
        check_dates(findings, subscription);
        check_periods(findings, subscription, &charged);
        if subscription.ended_on.is_none() && findings.account.status != "open" {
            findings.add(number, "is rented by a closed account".to_owned());
        }
    }
    check_setups(findings, subscriptions, transfers);
    for (ordinal, rentals) in rentals {
        findings.add(
            None,
            format!(
                "{} rentals are of subscription {ordinal}, which does not exist",
                rentals.len()
            ),
        );
    }
}

/// A setup price is charged at most once, for a subscription that exists.
fn check_setups(
    findings: &mut Findings<'_>,
    subscriptions: &[&AuditedSubscription],
    transfers: &[&AuditedTransfer],
) {
    let ordinals: HashSet<i64> = subscriptions.iter().map(|it| it.ordinal).collect();
    for setup in transfers.iter().filter(|transfer| transfer.code == Code::Setup.as_str()) {
        let ordinal = setup.subscription.unwrap_or_default();
        if !ordinals.contains(&ordinal) || setup.idempotency_key != setup_key(ordinal) {
            let what = format!("transfer {} is of subscription {ordinal}", setup.sequence);
            findings.add(None, format!("{what}, and named `{}`", setup.idempotency_key));
        }
    }
}

fn check_dates(findings: &mut Findings<'_>, subscription: &AuditedSubscription) {
    let number = Some(subscription.msisdn.as_str());
    let expected = u32::try_from(subscription.periods_charged)
        .ok()
        .and_then(|months| renewal_on(subscription.started_on, months).ok());
    match expected {
        Some(expected) => {
            findings.same(number, "renews on", subscription.next_renewal_on, expected)
        }
        None => {
            findings.add(number, format!("has {} periods charged", subscription.periods_charged))
        }
    }
    if subscription.past_due_since.is_some_and(|since| since < subscription.next_renewal_on) {
        findings.add(number, "is past due since before its unpaid period".to_owned());
    }
}

fn check_periods(
    findings: &mut Findings<'_>,
    subscription: &AuditedSubscription,
    charged: &[&AuditedTransfer],
) {
    let number = Some(subscription.msisdn.as_str());
    let due = due_periods(subscription);
    findings.same(number, "periods in the ledger", count(charged.len()), count(due.len()));
    for (transfer, (period, price)) in charged.iter().zip(due) {
        let is_right = transfer.period_start == Some(period.start)
            && transfer.period_end == Some(period.end)
            && transfer.amount == price
            && transfer.idempotency_key == rental_key(subscription.ordinal, period.start);
        if !is_right {
            let charged = findings.money(transfer.amount.into());
            let due = findings.money(price.into());
            let day =
                |date: Option<NaiveDate>| date.map_or("no day".to_owned(), |it| it.to_string());
            findings.add(
                number,
                format!(
                    "transfer {} charges {charged} for {} to {}, and should charge {due} for {} to {}",
                    transfer.sequence,
                    day(transfer.period_start),
                    day(transfer.period_end),
                    period.start,
                    period.end
                ),
            );
        }
    }
}

/// The periods that the ledger should have a rental of, with their prices: all that the subscription
/// says are charged, but for those that cost nothing.
fn due_periods(subscription: &AuditedSubscription) -> Vec<(Period, i64)> {
    let periods = u32::try_from(subscription.periods_charged).unwrap_or_default();
    (0..periods)
        .map_while(|index| Period::of(subscription.started_on, index).ok())
        .map(|period| (period, subscription.price_on(period.start)))
        .filter(|(_, price)| *price != 0)
        .collect()
}
