//! Refusals of values, whatever they are of.

use chrono::NaiveDate;

use super::Explanation;
use crate::operations::refusal::InvalidValue;
use crate::text::{TextError, quoted};

pub fn invalid(what: &str, reason: &InvalidValue) -> Explanation {
    match (what, reason) {
        ("count", InvalidValue::OutOfRange { value, min, max }) => Explanation::hinted(
            format!("{value} numbers cannot be rented at once"),
            format!("ask for {min} to {max}"),
        ),
        ("days", InvalidValue::OutOfRange { value, min, max }) => Explanation::hinted(
            format!("the number of days is {value}"),
            format!("use {min} to {max}"),
        ),
        ("page" | "size", InvalidValue::OutOfRange { .. }) => {
            Explanation::plain("pages are counted from 1, and have 1 to 1000 numbers")
        }
        (_, InvalidValue::OutOfRange { value, min, max }) => {
            Explanation::plain(format!("the {what} is {value}; use {min} to {max}"))
        }
        (_, InvalidValue::Negative(amount)) => {
            let message = format!("the {what} {amount} is negative");
            match what {
                "top-up" => Explanation::hinted(
                    message,
                    "`linerent account adjust` books corrections of either sign",
                ),
                "refund" => Explanation::hinted(
                    message,
                    "write what is paid back, for example 12.50; `linerent account top-up` credits money",
                ),
                _ => Explanation::hinted(message, "use zero or more"),
            }
        }
        (_, InvalidValue::Zero) => {
            Explanation::hinted("the amount must not be zero", "write an amount such as 12.50")
        }
        (_, InvalidValue::NotPositive(amount)) => Explanation::hinted(
            format!("the {what} is {amount}"),
            "use an amount above zero; `--off` ends auto-reload",
        ),
        (_, InvalidValue::NotAnEmailAddress(text)) => Explanation::hinted(
            format!("{} is not an e-mail address", quoted(text)),
            "write it as name@example.com",
        ),
        (_, InvalidValue::Text(error)) => Explanation::hinted(
            format!("the {what} {error}"),
            match error {
                TextError::Forbidden { .. } => {
                    "leave it out: it is not seen, and can change how other text is shown"
                }
                _ => "use 1 to 200 characters on one line",
            },
        ),
    }
}

pub fn nothing_to_change() -> Explanation {
    Explanation::hinted(
        "there is nothing to change",
        "use at least one of the options that change something",
    )
}

pub fn period_reversed(from: NaiveDate, to: NaiveDate) -> Explanation {
    Explanation::hinted(
        format!("the first date {from} is after the last date {to}"),
        format!("use `--from {to} --to {from}`"),
    )
}

pub fn changed_concurrently() -> Explanation {
    Explanation::hinted(
        "the account or number is being changed by another process",
        "retry the command",
    )
}
