//! `cancel`: the customer's own wish.

use anyhow::Result;

use super::refusal::settle_refusal;
use super::views::SubscriptionView;
use super::{App, Refusal, number_show, refused};
use crate::billing::settle;
use crate::ids::AccountId;
use crate::rental::{EndReason, Subscription, SubscriptionFilter, SubscriptionRecord};

/// When a cancelled subscription ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancelAt {
    /// Today, without refund.
    Once,
    /// On the day on which it would renew.
    PeriodEnd,
}

/// The one subscription that `msisdn`, and `key` where it is given, speak of.
///
/// # Errors
/// Refuses where nobody rents the number, or several do and `key` does not say who.
pub async fn find(app: &App, msisdn: &str, key: Option<&str>) -> Result<SubscriptionRecord> {
    let number = number_show::find(app, msisdn).await?.number;
    let account = match key {
        Some(key) => Some(app.account(super::account_id(key)?).await?.id),
        None => None,
    };
    let filter = SubscriptionFilter::live_of(account, Some(&number.msisdn));
    let mut live = app.store.subscriptions(&filter).await?;
    let renters = live.len();
    match (live.pop(), renters) {
        (Some(only), 1) => Ok(only),
        (None, _) => Err(match account {
            Some(account) => Refusal::with_hint(
                format!("account {account} does not rent {}", number.msisdn),
                format!("`linerent subscription list --account {account}` shows what it rents"),
            ),
            None => Refusal::new(format!("nobody rents {}", number.msisdn)),
        }
        .into()),
        (Some(_), _) => Err(Refusal::with_hint(
            format!("{renters} accounts rent {}", number.msisdn),
            "say whose rental ends with `--account KEY`",
        )
        .into()),
    }
}

/// Ends the subscription today, or on the day on which it would renew.
///
/// # Errors
/// As [`find`].
pub async fn cancel(
    app: &App,
    msisdn: &str,
    key: Option<&str>,
    at: CancelAt,
) -> Result<SubscriptionView> {
    let moment = app.moment();
    let SubscriptionRecord { account, subscription } = find(app, msisdn, key).await?;
    let wish = |subscription: &mut Subscription| {
        // A period that is over already has no end to wait for.
        let is_over = subscription.next_renewal_on().is_ok_and(|renewal| renewal <= moment.on);
        if at == CancelAt::Once || is_over {
            subscription.ended = Some((moment.on, EndReason::Cancelled));
        } else {
            subscription.ends_at_period_end = true;
        }
    };
    let writer = app.account_writer(moment);
    settle::change_subscription(&writer, account, subscription.ordinal, wish)
        .await
        .map_err(settle_refusal)?;
    view_of(app, account, &subscription).await
}

/// Takes back that the subscription is to end on the day on which it would renew: it renews again.
///
/// # Errors
/// As [`find`]; refuses where the subscription was not to end, or that day has come.
pub async fn keep(app: &App, msisdn: &str, key: Option<&str>) -> Result<SubscriptionView> {
    let moment = app.moment();
    let SubscriptionRecord { account, subscription } = find(app, msisdn, key).await?;
    let number = &subscription.msisdn;
    if !subscription.ends_at_period_end {
        return Err(Refusal::with_hint(
            format!("the rental of {number} by {account} is not to end"),
            "there is nothing to take back",
        )
        .into());
    }
    let ends_on = subscription.next_renewal_on().map_err(refused)?;
    if ends_on <= moment.on {
        return Err(Refusal::with_hint(
            format!("the last period of {number} was over on {ends_on}: it is too late to keep it"),
            format!("the next run ends it; then `linerent rent {account} {number}` rents it anew"),
        )
        .into());
    }
    let wish = |subscription: &mut Subscription| subscription.ends_at_period_end = false;
    let writer = app.account_writer(moment);
    settle::change_subscription(&writer, account, subscription.ordinal, wish)
        .await
        .map_err(settle_refusal)?;
    view_of(app, account, &subscription).await
}

/// The subscription as it is now.
async fn view_of(
    app: &App,
    account: AccountId,
    subscription: &Subscription,
) -> Result<SubscriptionView> {
    let filter = SubscriptionFilter {
        account: Some(account),
        msisdn: Some(subscription.msisdn.clone()),
        ..Default::default()
    };
    let now = app.store.subscriptions(&filter).await?;
    let now = now.iter().find(|record| record.subscription.ordinal == subscription.ordinal);
    now.map(SubscriptionView::from).ok_or_else(|| Refusal::new("the subscription is gone").into())
}
