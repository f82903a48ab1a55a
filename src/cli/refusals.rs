//! Refusals in words: a sentence and hints for each.
//!
//! To add a refusal: its variant in `operations::refusal`, an arm here.

mod numbers;

use serde::Serialize;

use super::views::closing;
use crate::billing::reload_processor::{NotFunded, Unresolved};
use crate::billing::settle::SettleError;
use crate::notice::Kind;
use crate::operations::refusal::{InvalidValue, Refusal};

/// A refused command as `--json` prints it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct RefusalView {
    /// Stable, for programs; `docs/refusals.md` lists all codes.
    pub code: &'static str,
    /// The reason.
    pub message: String,
    /// What can be done.
    pub hints: Vec<String>,
}

impl RefusalView {
    /// The refusal among the causes of `error`, if it is one.
    pub fn find(error: &anyhow::Error) -> Option<Self> {
        error.chain().find_map(|cause| cause.downcast_ref::<Refusal>()).map(Self::of)
    }

    pub fn of(refusal: &Refusal) -> Self {
        let (message, hints) = explain(refusal);
        Self { code: refusal.code(), message, hints }
    }
}

/// What can be done about a failure that is not a refusal, if its cause is one that the commands know.
pub fn hints_of_failure(error: &anyhow::Error) -> Vec<String> {
    let settle = error.chain().find_map(|cause| cause.downcast_ref::<SettleError>());
    match settle {
        Some(SettleError::NotFunded { not_funded: NotFunded::Open { id, .. }, .. }) => {
            vec![format!(
                "`linerent reload check` asks the gateway again, `linerent reload show {id}` shows the reload; rent when it is settled"
            )]
        }
        _ => Vec::new(),
    }
}

fn explain(refusal: &Refusal) -> (String, Vec<String>) {
    let plain = |message: String| (message, Vec::new());
    let hinted = |message: String, hint: String| (message, vec![hint]);
    match refusal {
        Refusal::Text { message } => with_hints(message),
        Refusal::ChangedConcurrently => hinted(
            "the account or number is being changed by another process".to_owned(),
            "retry the command".to_owned(),
        ),
        Refusal::AccountNotFound { account } => hinted(
            format!("there is no account {account}"),
            "`linerent account list` lists all accounts".to_owned(),
        ),
        Refusal::AccountClosed { account } => plain(format!("account {account} is closed")),
        Refusal::InsufficientFunds { needed, available, not_funded: NotFunded::NoOrder } => hinted(
            format!(
                "the balance does not cover it: {needed} is needed, {available} is available"
            ),
            "top the account up, or raise its balance by an adjustment".to_owned(),
        ),
        Refusal::InsufficientFunds { needed, available, not_funded } => hinted(
            format!(
                "the balance does not cover it: {needed} is needed, {available} is available; {not_funded}"
            ),
            "top the account up, or see `linerent reload list` and set `linerent account auto-reload` again"
                .to_owned(),
        ),
        Refusal::AccountKeyTaken { account } => hinted(
            format!("there is already an account {account}"),
            "leave `--key` out to get a random key".to_owned(),
        ),
        Refusal::AccountHasObligations { account, obligations } => {
            closing::explain(*account, obligations)
        }
        Refusal::NothingToChange => hinted(
            "there is nothing to change".to_owned(),
            "use at least one of the options that change something".to_owned(),
        ),
        Refusal::PeriodReversed { from, to } => {
            plain(format!("the first date {from} is after the last date {to}"))
        }
        Refusal::NoticeKindRequired { kind } => {
            let optional = Kind::ALL.into_iter().filter(|it| it.is_optional()).map(Kind::as_str);
            let optional: Vec<_> = optional.collect();
            hinted(
                format!("notices of kind {kind} cannot be switched off"),
                format!("those that can be are {}", optional.join(", ")),
            )
        }
        Refusal::NoticeKindContradicted { kind } => {
            plain(format!("{kind} cannot be switched off and on at once"))
        }
        Refusal::CurrencyMismatch { what, amount, currency } => hinted(
            format!("the {what} is {amount}, and the account is in {}", currency.code()),
            format!("state it in {}, for example 25.00", currency.code()),
        ),
        Refusal::ReferenceUsed { booked } => hinted(
            format!("this reference was used before, for {booked}"),
            "use a different reference for each booking".to_owned(),
        ),
        Refusal::NothingToRefund { account, balance } => (
            format!("the balance is {balance}, there is nothing to refund"),
            balance
                .is_negative()
                .then(|| format!("`linerent account adjust {account}` writes a debt off"))
                .into_iter()
                .collect(),
        ),
        Refusal::RefundExceedsBalance { wanted, balance } => hinted(
            format!("{wanted} is more than the balance, {balance}"),
            "`--all` refunds the whole balance".to_owned(),
        ),
        Refusal::RenewalsDue { account, amount } => hinted(
            format!("renewals of {amount} are due and not paid, and they come first"),
            format!(
                "`linerent run` charges what the balance covers; `linerent subscription list --account {account}` shows what is due, `linerent cancel` ends a rental"
            ),
        ),
        Refusal::ReloadUnsettled { reload } => hinted(
            format!(
                "the reload {reload} is not settled, and its money may be part of the balance yet"
            ),
            format!(
                "`linerent reload check` asks the gateway about it, `linerent reload show {reload}` shows it"
            ),
        ),
        Refusal::RefundWouldTriggerReload { account, left, threshold } => hinted(
            format!(
                "{left} would be left, below {threshold}, and auto-reload would charge the card for it again"
            ),
            format!(
                "`linerent account auto-reload {account} --off` ends the standing order first"
            ),
        ),
        Refusal::GatewayRefusesAmount { reason } | Refusal::PaymentMethodUnknown { reason } => {
            with_hints(reason)
        }
        Refusal::InvalidValue { what, reason } => explain_value(what, reason),
        Refusal::AmountRefused { error } => plain(error.to_string()),
        Refusal::BalanceOverflow => {
            plain("the balance would exceed the largest amount that an account can hold".to_owned())
        }
        Refusal::GatewayNotConfigured => hinted(
            "this is a production database, and the sandbox gateway moves no money".to_owned(),
            "set `payments.gateway` to `stripe`; to rehearse without real money, set `payments.test_in_production = true`"
                .to_owned(),
        ),
        Refusal::NumberTaken => hinted(
            "the number is no longer available".to_owned(),
            "`linerent number search` finds others".to_owned(),
        ),
        Refusal::ClockWentBack { today, latest } => hinted(
            format!("today is {today} by the clock, and {latest} has been run already"),
            "check the machine's clock and `billing.time_zone`".to_owned(),
        ),
        Refusal::ReloadNotFound { reload } => hinted(
            format!("there is no reload {reload}"),
            "`linerent reload list` lists the newest".to_owned(),
        ),
        Refusal::ReloadSettled { reload, status } => {
            plain(format!("reload {reload} is {status} already"))
        }
        Refusal::ReloadNotForResolution { reload, reason } => hinted(
            format!("reload {reload} cannot be resolved by hand: {reason}"),
            match reason {
                Unresolved::NeverSent => "`--declined` closes it".to_owned(),
                _ => "`linerent reload check` asks the gateway and records its answer".to_owned(),
            },
        ),
        Refusal::LinesRefused { nothing_done, errors } => plain(explain_lines(nothing_done, errors)),
        Refusal::HeadingRefused { nothing_done, error, columns } => hinted(
            format!("{nothing_done}: the heading is wrong: {error}"),
            format!("the columns are {columns}, separated by commas"),
        ),
        Refusal::FileEmpty { things, columns } => hinted(
            format!("the file has no {things}"),
            format!("the columns are {columns}, separated by commas"),
        ),
        other => numbers::explain(other).unwrap_or_else(|| plain(format!("refused: {}", other.code()))),
    }
}

fn explain_lines(nothing_done: &str, errors: &[(u64, String)]) -> String {
    /// The other errors are counted.
    const SHOWN_MAX: usize = 50;
    let plural = if errors.len() == 1 { "" } else { "s" };
    let mut message = format!("{nothing_done}: {} error{plural}", errors.len());
    for (line, error) in errors.iter().take(SHOWN_MAX) {
        let error = error.split('\n').next().unwrap_or(error);
        message.push_str(&format!("\nline {line}: {error}"));
    }
    if errors.len() > SHOWN_MAX {
        message.push_str(&format!("\nand {} more", errors.len() - SHOWN_MAX));
    }
    message
}

/// A message that carries its hints.
fn with_hints(message: &str) -> (String, Vec<String>) {
    let mut parts = message.split("\nhint: ").map(str::to_owned);
    (parts.next().unwrap_or_default(), parts.collect())
}

fn explain_value(what: &str, reason: &InvalidValue) -> (String, Vec<String>) {
    match reason {
        InvalidValue::Negative(amount) => {
            let hint = match what {
                "top-up" => Some("`linerent account adjust` books corrections of either sign"),
                "refund" => Some(
                    "write what is paid back, for example 12.50; `linerent account top-up` credits money",
                ),
                _ => None,
            };
            let hints = hint.into_iter().map(str::to_owned).collect();
            (format!("the {what} {amount} is negative"), hints)
        }
        InvalidValue::Zero => ("the amount must not be zero".to_owned(), Vec::new()),
        InvalidValue::NotPositive(amount) => (
            format!("the {what} is {amount}"),
            vec!["use an amount above zero; `--off` ends auto-reload".to_owned()],
        ),
        InvalidValue::NotAnEmailAddress(text) => (
            format!("`{text}` is not an e-mail address"),
            vec!["write it as name@example.com".to_owned()],
        ),
        InvalidValue::NotOneLine { max } => {
            (format!("a {what} has 1 to {max} characters on one line"), Vec::new())
        }
        InvalidValue::OutOfRange { value, min, max } => {
            (format!("the {what} is {value}; use {min} to {max}"), Vec::new())
        }
    }
}
