//! The reversals in the ledger: each is the opposite of one rental.

use std::collections::{HashMap, HashSet};

use super::Findings;
use crate::ledger::{BALANCE, Code, reversal_key};
use crate::store::audit::AuditedTransfer;

/// Checks the reversals among `transfers`, and returns their keys.
pub(super) fn check(
    findings: &mut Findings<'_>,
    transfers: &[&AuditedTransfer],
) -> HashSet<String> {
    let rentals = transfers.iter().filter(|it| it.code == Code::Rental.as_str());
    let rentals: HashMap<String, &AuditedTransfer> =
        rentals.map(|rental| (reversal_key(&rental.idempotency_key), *rental)).collect();
    let mut keys = HashSet::new();
    for reversal in transfers.iter().filter(|it| it.code == Code::Reversal.as_str()) {
        let is_opposite = rentals.get(&reversal.idempotency_key).is_some_and(|rental| {
            reversal.credit == BALANCE
                && reversal.amount == rental.amount
                && reversal.sequence > rental.sequence
                && reversal.subscription == rental.subscription
                && reversal.period_start == rental.period_start
                && reversal.period_end == rental.period_end
        });
        if !is_opposite {
            let key = &reversal.idempotency_key;
            findings.add(
                None,
                format!("transfer {}, `{key}`, is not the opposite of a rental", reversal.sequence),
            );
        }
        keys.insert(reversal.idempotency_key.clone());
    }
    keys
}
