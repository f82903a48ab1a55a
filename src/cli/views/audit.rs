//! The audit as JSON.

use serde::Serialize;

use crate::operations::audit::{Audit, Disagreement, GatewayComparison};

/// What was looked at and what disagrees.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct AuditView {
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
    /// The gateway that was asked what it has captured, if it answered.
    pub gateway: Option<&'static str>,
    /// Why it was not, if it was not.
    pub gateway_not_asked: Option<String>,
    /// What disagrees; nothing, if all is well.
    pub disagreements: Vec<DisagreementView>,
}

/// Two things that cannot both be right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct DisagreementView {
    /// The key of the account.
    pub account: Option<String>,
    /// The number.
    pub number: Option<String>,
    /// What disagrees with what.
    pub what: String,
}

impl From<&Audit> for AuditView {
    fn from(audit: &Audit) -> Self {
        let (gateway, gateway_not_asked) = match &audit.gateway {
            GatewayComparison::NothingToCompare => (None, None),
            GatewayComparison::Compared { gateway } => (Some(*gateway), None),
            GatewayComparison::NoGateway => {
                (None, Some("none may be used in this database".to_owned()))
            }
            GatewayComparison::NoAnswer { gateway, reason } => {
                (None, Some(format!("{gateway}: {reason}")))
            }
        };
        Self {
            accounts: audit.accounts,
            subscriptions: audit.subscriptions,
            transfers: audit.transfers,
            numbers: audit.numbers,
            reloads: audit.reloads,
            gateway,
            gateway_not_asked,
            disagreements: audit.disagreements.iter().map(DisagreementView::from).collect(),
        }
    }
}

impl From<&Disagreement> for DisagreementView {
    fn from(Disagreement { account, number, what }: &Disagreement) -> Self {
        Self { account: account.clone(), number: number.clone(), what: what.clone() }
    }
}
