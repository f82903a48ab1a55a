//! Refusals about accounts and their notices.

use super::Explanation;
use crate::ids::AccountId;
use crate::notice::Kind;

pub fn not_found(account: AccountId) -> Explanation {
    Explanation::hinted(
        format!("there is no account {account}"),
        "`linerent account list` lists all accounts",
    )
}

pub fn closed(account: AccountId) -> Explanation {
    Explanation::hinted(
        format!("account {account} is closed"),
        "a closed account cannot be changed or opened again; `linerent account create` makes a new one",
    )
}

pub fn key_taken(account: AccountId) -> Explanation {
    Explanation::hinted(
        format!("there is already an account {account}"),
        "leave `--key` out to get a random key",
    )
}

pub fn notice_kind_required(kind: Kind) -> Explanation {
    let optional = Kind::ALL.into_iter().filter(|it| it.is_optional()).map(Kind::as_str);
    let optional: Vec<_> = optional.collect();
    Explanation::hinted(
        format!("notices of kind {kind} cannot be switched off"),
        format!("those that can be are {}", optional.join(", ")),
    )
}

pub fn notice_kind_contradicted(kind: Kind) -> Explanation {
    Explanation::hinted(
        format!("{kind} cannot be switched off and on at once"),
        "name it after `--off` or after `--on`",
    )
}
