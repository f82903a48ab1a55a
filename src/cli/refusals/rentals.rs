//! Refusals about rentals and where their messages and calls go.

use chrono::NaiveDate;

use super::Explanation;
use super::numbers::ON_SALE;
use crate::cli::parse::option_of;
use crate::ids::AccountId;
use crate::rental::Msisdn;
use crate::rental::configuration::Field;
use crate::webhooks::{Failure, Trouble};

pub fn already_rented(account: AccountId, msisdn: &Msisdn) -> Explanation {
    Explanation::hinted(format!("account {account} rents {msisdn} already"), ON_SALE)
}

pub fn not_rented(account: Option<AccountId>, msisdn: &Msisdn) -> Explanation {
    match account {
        Some(account) => Explanation::hinted(
            format!("account {account} does not rent {msisdn}"),
            format!("`linerent subscription list --account {account}` shows what it rents"),
        ),
        None => Explanation::hinted(
            format!("{msisdn} is not rented by any account"),
            format!("`linerent number show {msisdn}` shows its status"),
        ),
    }
}

pub fn several_renters(msisdn: &Msisdn, renters: usize) -> Explanation {
    Explanation::hinted(
        format!("{renters} accounts rent {msisdn}"),
        "name the account of the rental with `--account KEY`",
    )
}

pub fn ended(msisdn: &Msisdn) -> Explanation {
    Explanation::hinted(
        format!("the rental of {msisdn} has ended meanwhile"),
        format!("`linerent number show {msisdn}` shows its status"),
    )
}

pub fn no_cancellation_scheduled(account: AccountId, msisdn: &Msisdn) -> Explanation {
    Explanation::hinted(
        format!("the rental of {msisdn} by {account} is not cancelled"),
        "there is nothing to take back",
    )
}

pub fn too_late_to_keep(account: AccountId, msisdn: &Msisdn, ended_on: NaiveDate) -> Explanation {
    Explanation::hinted(
        format!("the last period of {msisdn} was over on {ended_on}: it is too late to keep it"),
        format!("the next run ends it; then `linerent rent {account} {msisdn}` rents it anew"),
    )
}

pub fn call_loop(msisdn: &Msisdn) -> Explanation {
    Explanation::hinted(
        format!("calls to {msisdn} cannot go to {msisdn} itself"),
        "use another number for `--voice-callback tel`",
    )
}

pub fn set_and_cleared(field: Field) -> Explanation {
    Explanation::hinted(
        format!("`--{}` cannot be set and cleared at once", option_of(field)),
        "leave one of them out",
    )
}

pub fn webhooks_failed(failures: &[(Field, Failure)]) -> Explanation {
    let reasons = failures
        .iter()
        .map(|(field, failure)| format!("`--{}` was not saved: {failure}", option_of(*field)));
    let reasons: Vec<_> = reasons.collect();
    let is_private =
        |(_, failure): &(Field, Failure)| matches!(failure.trouble, Trouble::NotPublic(_));
    let hint = if failures.iter().any(is_private) {
        "use a public address; to allow webhooks in a private network, set `webhooks.allow_private` to `true`"
    } else {
        "it must answer GET with 2xx; `--skip-check` saves it without asking"
    };
    Explanation::hinted(reasons.join("; "), hint)
}
