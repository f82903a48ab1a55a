//! `cancel`: ends a rental because the customer wants it.

use crate::billing::settle;
use crate::ids::AccountId;
use crate::operations::error::Result;
use crate::operations::lookup::live_subscription_of;
use crate::operations::settle_refusal::settle_refusal;
use crate::operations::{App, Refusal};
use crate::rental::{EndReason, Msisdn, Subscription, SubscriptionFilter, SubscriptionRecord};

/// When a cancelled subscription ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancelAt {
    /// Today, without refund.
    Once,
    /// On the day on which it would renew.
    PeriodEnd,
}

/// The subscription that [`cancel`] would end. `account` must be given if several accounts rent the
/// number.
pub async fn find_cancellable(
    app: &App,
    msisdn: &Msisdn,
    account: Option<AccountId>,
) -> Result<SubscriptionRecord> {
    live_subscription_of(app, msisdn, account).await
}

/// Ends the subscription today, or on the day on which it would renew.
pub async fn cancel(
    app: &App,
    msisdn: &Msisdn,
    account: Option<AccountId>,
    at: CancelAt,
) -> Result<SubscriptionRecord> {
    let moment = app.billing_moment().await?;
    let record = live_subscription_of(app, msisdn, account).await?;
    let change = |subscription: &mut Subscription| {
        // A period that is over already has no end to wait for.
        let is_over = subscription.next_renewal_on().is_ok_and(|renewal| renewal <= moment.on);
        if at == CancelAt::Once || is_over {
            subscription.ended = Some((moment.on, EndReason::Cancelled));
        } else {
            subscription.ends_at_period_end = true;
        }
    };
    let (account, subscription) = (record.account, &record.subscription);
    settle::change_subscription(&app.account_writer(moment), account, subscription, change)
        .await
        .map_err(settle_refusal)?;
    reread(app, &record).await
}

/// Takes a cancellation at the period's end back, so that the subscription renews again.
pub async fn keep(
    app: &App,
    msisdn: &Msisdn,
    account: Option<AccountId>,
) -> Result<SubscriptionRecord> {
    let moment = app.moment();
    let record = live_subscription_of(app, msisdn, account).await?;
    let (account, subscription) = (record.account, &record.subscription);
    let msisdn = subscription.msisdn.clone();
    if !subscription.ends_at_period_end {
        return Err(Refusal::NoCancellationScheduled { account, msisdn }.into());
    }
    let ended_on = subscription.next_renewal_on().map_err(anyhow::Error::new)?;
    if ended_on <= moment.on {
        return Err(Refusal::TooLateToKeep { account, msisdn, ended_on }.into());
    }
    let writer = app.account_writer(moment);
    let change = |subscription: &mut Subscription| subscription.ends_at_period_end = false;
    settle::change_subscription(&writer, account, subscription, change)
        .await
        .map_err(settle_refusal)?;
    reread(app, &record).await
}

/// The subscription after the change.
async fn reread(app: &App, before: &SubscriptionRecord) -> Result<SubscriptionRecord> {
    let (msisdn, ordinal) = (&before.subscription.msisdn, before.subscription.ordinal);
    let filter = SubscriptionFilter {
        account: Some(before.account),
        msisdn: Some(msisdn.clone()),
        ..Default::default()
    };
    let records = app.store.subscriptions(&filter).await?;
    let record = records.into_iter().find(|record| record.subscription.ordinal == ordinal);
    let gone = || anyhow::anyhow!("the subscription to {msisdn} is missing from the database");
    Ok(record.ok_or_else(gone)?)
}
