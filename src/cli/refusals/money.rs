//! Refusals about balances, bookings and refunds.

use super::Explanation;
use crate::billing::reload_processor::NotFunded;
use crate::ids::{AccountId, ReloadId};
use crate::money::{Currency, Money};

pub fn insufficient(needed: Money, available: Money, not_funded: &NotFunded) -> Explanation {
    let message =
        format!("the balance does not cover it: {needed} is needed, {available} is available");
    match not_funded {
        NotFunded::Booking => Explanation::hinted(
            format!("{message}: the balance plus the credit limit"),
            "use a smaller amount, or top the account up first",
        ),
        NotFunded::NoOrder => Explanation::hinted(
            message,
            "top the account up, or raise its balance by an adjustment",
        ),
        other => Explanation::hinted(
            format!("{message}; {other}"),
            "top the account up, or see `linerent reload list` and set `linerent account auto-reload` again",
        ),
    }
}

pub fn currency_mismatch(what: &str, amount: Money, currency: Currency) -> Explanation {
    let code = currency.code();
    Explanation::hinted(
        format!("the {what} is {amount}, and the account is in {code}"),
        format!("state it in {code}, for example 25.00"),
    )
}

pub fn balance_overflow() -> Explanation {
    Explanation::hinted(
        "the balance would exceed the largest amount that an account can hold",
        "use a smaller amount",
    )
}

pub fn reference_used(booked: Money) -> Explanation {
    Explanation::hinted(
        format!("this reference was used before, for {booked}"),
        "use a different reference for each booking",
    )
}

pub fn nothing_to_refund(account: AccountId, balance: Money) -> Explanation {
    let message = format!("the balance is {balance}, there is nothing to refund");
    if balance.is_negative() {
        let hint = format!("`linerent account adjust {account}` writes a debt off");
        return Explanation::hinted(message, hint);
    }
    Explanation::plain(message)
}

pub fn refund_exceeds_balance(wanted: Money, balance: Money) -> Explanation {
    Explanation::hinted(
        format!("{wanted} is more than the balance, {balance}"),
        "`--all` refunds the whole balance",
    )
}

pub fn renewals_due(account: AccountId, amount: Money) -> Explanation {
    Explanation::hinted(
        format!("renewals of {amount} are due and not paid, and they come first"),
        format!(
            "`linerent run` charges what the balance covers; `linerent subscription list --account {account}` shows what is due, `linerent cancel` ends a rental"
        ),
    )
}

pub fn reload_unsettled(reload: ReloadId) -> Explanation {
    Explanation::hinted(
        format!("the reload {reload} is not settled, and its money may be part of the balance yet"),
        format!(
            "`linerent reload check` asks the gateway about it, `linerent reload show {reload}` shows it"
        ),
    )
}

pub fn refund_triggers_reload(account: AccountId, left: Money, threshold: Money) -> Explanation {
    Explanation::hinted(
        format!(
            "{left} would be left, below {threshold}, and auto-reload would charge the card for it again"
        ),
        format!("`linerent account auto-reload {account} --off` ends the standing order first"),
    )
}
