//! `audit`: re-derives everything from the ledger and the calendar, and says what disagrees.

use std::collections::HashMap;

use anyhow::{Result, bail};

use super::App;
use super::run::Watch;
use crate::billing::account_pages::AccountPages;
use crate::billing::run::RunError;
use crate::ids::AccountId;
use crate::ledger::{BALANCE, Code};
use crate::money::{Money, currency_of};
use crate::store::audit::{
    AuditPage, AuditedAccount, AuditedReload, AuditedSubscription, AuditedTransfer,
};

mod reloads;
mod reversals;
mod subscriptions;

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
            subscriptions::check(&mut findings, &subscriptions, &transfers);
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
