//! Refusals about cards, their gateway and reloads.

use super::Explanation;
use crate::billing::reload_processor::Unresolved;
use crate::ids::ReloadId;
use crate::reload::ReloadStatus;

pub fn gateway_not_configured() -> Explanation {
    Explanation::hinted(
        "this is a production database, and the sandbox gateway moves no money",
        "set `payments.gateway` to `stripe`; to rehearse without real money, set `payments.test_in_production = true`",
    )
}

pub fn reload_not_found(reload: ReloadId) -> Explanation {
    Explanation::hinted(
        format!("there is no reload {reload}"),
        "`linerent reload list` lists the newest",
    )
}

pub fn reload_settled(reload: ReloadId, status: ReloadStatus) -> Explanation {
    Explanation::hinted(
        format!("reload {reload} is {status} already"),
        format!("`linerent reload show {reload}` shows when and why"),
    )
}

pub fn reload_not_for_resolution(reload: ReloadId, reason: &Unresolved) -> Explanation {
    Explanation::hinted(
        format!("reload {reload} cannot be resolved by hand: {reason}"),
        match reason {
            Unresolved::NeverSent => "`--declined` closes it",
            _ => "`linerent reload check` asks the gateway and records its answer",
        },
    )
}
