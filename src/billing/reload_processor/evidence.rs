//! What is known of a reload, and what it makes of the account.

use super::processor::ReloadResult;
use crate::clock::Moment;
use crate::decision::{AccountSnapshot, BrokenSnapshot, Facts};
use crate::ledger::Transfer;
use crate::payments::Outcome;
use crate::policy::BillingPolicy;
use crate::reload::{Reload, ReloadStatus, Settlement};

/// What is known of the outcome of a reload.
pub(super) enum Evidence {
    /// The gateway's answer, which is not in doubt.
    Gateway(Outcome),
    /// The gateway does not know the reload, and it can no longer arrive there.
    NeverArrived,
    /// The reload has not been sent.
    NeverSent,
    /// What an operator found out, and how.
    Operator(Outcome, String),
}

/// Evidence that was applied to a snapshot.
pub(super) struct Applied {
    pub(super) result: ReloadResult,
    pub(super) settlement: Settlement,
    pub(super) credit: Option<Transfer>,
    pub(super) facts: Facts,
}

/// The reason in the notice of a decline that an operator found out. The operator's own words are not for the
/// account to read.
const NOT_PAID: &str = "The payment was not completed.";

impl Evidence {
    /// Applies it to `after`, the snapshot of the reload's account.
    pub(super) fn apply(
        &self,
        reload: &Reload,
        after: &mut AccountSnapshot,
        moment: Moment,
        policy: &BillingPolicy,
    ) -> Result<Applied, BrokenSnapshot> {
        let settlement = |status, reason, reference: &Option<String>| Settlement {
            id: reload.id,
            status,
            reason,
            reference: reference.clone(),
            moment,
            only_if_unsent: matches!(self, Self::NeverSent),
        };
        let mut lapse = |why: &str| {
            after.lapse();
            let settlement = settlement(ReloadStatus::Lapsed, Some(why.to_owned()), &None);
            let (result, facts) = (ReloadResult::Lapsed, Facts::default());
            Applied { result, settlement, credit: None, facts }
        };
        Ok(match self {
            Self::NeverArrived => lapse("it never reached the gateway"),
            Self::NeverSent => lapse("it was not sent in time"),
            Self::Gateway(Outcome::Captured { reference }) => Applied {
                result: ReloadResult::Captured,
                credit: Some(after.capture(reload, moment)?),
                settlement: settlement(ReloadStatus::Captured, None, reference),
                facts: Facts { captured: Some(reload.amount), ..Facts::default() },
            },
            Self::Gateway(Outcome::Declined(decline)) => {
                let counts = after.decline(reload, moment, &policy.auto_reload);
                let (reason, reference) = (decline.to_string(), &decline.reference);
                // There is nothing to do about the decline of a card that has been replaced.
                let declined = counts.then(|| (reload.amount, decline.message.clone()));
                Applied {
                    result: ReloadResult::Declined(reason.clone()),
                    credit: None,
                    settlement: settlement(ReloadStatus::Declined, Some(reason), reference),
                    facts: Facts { declined, ..Facts::default() },
                }
            }
            Self::Gateway(Outcome::InDoubt(_)) => {
                unreachable!("an outcome in doubt is not recorded")
            }
            Self::Operator(outcome, reason) => {
                let found = Self::Gateway(outcome.clone()).apply(reload, after, moment, policy)?;
                let reason = Some(format!("resolved by hand: {reason}"));
                let mut facts = found.facts;
                let declined = facts.declined.take();
                facts.declined = declined.map(|(amount, _)| (amount, NOT_PAID.to_owned()));
                Applied { settlement: Settlement { reason, ..found.settlement }, facts, ..found }
            }
        })
    }
}
