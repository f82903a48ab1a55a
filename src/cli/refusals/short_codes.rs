//! Refusals about short codes and what they are set up for.

use super::Explanation;
use crate::ids::AccountId;
use crate::rental::{Msisdn, NumberType};
use linerent_short_codes::{Advice, ProgramKind, ValidationErrors};

pub fn not_one(msisdn: &Msisdn, kind: NumberType, country: &str) -> Explanation {
    Explanation::hinted(
        format!("{msisdn} is no short code but a {}", kind.as_str()),
        format!(
            "`linerent number search --country {country} --type shortcode` shows the short codes on sale"
        ),
    )
}

pub fn invalid(errors: &ValidationErrors) -> Explanation {
    let message = errors.to_string();
    let Some(advice) = errors.advice() else { return Explanation::plain(message) };
    Explanation::hinted(
        message,
        match advice {
            Advice::WritePin => {
                "put the message in single quotes; in double quotes the shell expands `${…}`"
            }
            Advice::SayHelp => {
                "for example `Acme Alerts: help at help@example.com. Reply STOP to cancel.`"
            }
            Advice::SayStop => {
                "for example `Acme Alerts: you are unsubscribed and will receive no more messages.`"
            }
        },
    )
}

pub fn not_rented(account: AccountId, msisdn: &Msisdn) -> Explanation {
    Explanation::hinted(
        format!("account {account} does not rent {msisdn}"),
        format!("`linerent rent {account} {msisdn}` rents it"),
    )
}

pub fn not_set_up(account: AccountId, msisdn: &Msisdn, kind: Option<ProgramKind>) -> Explanation {
    match kind {
        Some(kind) => Explanation::hinted(
            format!("account {account} has not set {msisdn} up for {kind}"),
            format!("`linerent shortcode setup-{kind}` sets it up"),
        ),
        None => Explanation::hinted(
            format!("account {account} has not set {msisdn} up for anything"),
            "`linerent shortcode setup-2fa` and `linerent shortcode setup-alert` set it up",
        ),
    }
}

pub fn incomplete(msisdn: &Msisdn, kind: ProgramKind, missing: &[&str]) -> Explanation {
    let options: Vec<_> = missing.iter().map(|it| format!("`--{it}`")).collect();
    Explanation::hinted(
        format!("the {kind} set-up of {msisdn} lacks {}", missing.join(", ")),
        format!(
            "set it up anew, all of it, with {} too: `linerent shortcode setup-{kind} --help`",
            options.join(", ")
        ),
    )
}

pub fn not_american(msisdn: &Msisdn) -> Explanation {
    Explanation::plain(format!(
        "nothing was added: `{msisdn}` is not a short code of the US: these have 5 or 6 digits, the first from 2 to 9"
    ))
}
