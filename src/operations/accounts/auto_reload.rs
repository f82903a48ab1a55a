//! `account auto-reload`: the account's standing order for reloads.

use crate::account::Account;
use crate::billing::settle;
use crate::ids::AccountId;
use crate::money::{Currency, Money, StatedAmount};
use crate::operations::error::Result;
use crate::operations::refusal::InvalidValue;
use crate::operations::settle_refusal::settle_refusal_for;
use crate::operations::{App, Refusal};
use crate::payments::Unrecognised;
use crate::reload::{AutoReload, OrderStatus, PaymentMethod};

/// The standing order that is wanted.
#[derive(Debug, Clone)]
pub enum Order {
    /// This order replaces any earlier one.
    On {
        /// The card is charged when the balance falls below this.
        threshold: StatedAmount,
        /// The card is charged a multiple of this.
        amount: StatedAmount,
        payment_method: PaymentMethod,
    },
    /// No order is in force. The previous one is kept in the database, switched off.
    Off,
}

/// Sets the account's standing order. A reload that is under way is completed in both cases.
///
/// # Errors
/// Refuses amounts that are not positive or that the gateway cannot charge, and a payment method that the
/// gateway does not know. Fails if the gateway cannot be asked.
pub async fn set(app: &App, account: AccountId, order: &Order) -> Result<Account> {
    let writer = app.account_writer(app.moment());
    let account = app.open_account(account).await?;
    let wanted = match order {
        Order::Off => None,
        Order::On { threshold, amount, payment_method } => {
            let currency = account.balance.currency();
            let threshold = positive(*threshold, currency, "threshold")?;
            let amount = positive(*amount, currency, "amount")?;
            let payment_method = verify(app, amount, payment_method).await?;
            Some(AutoReload {
                threshold,
                amount,
                payment_method,
                status: OrderStatus::On,
                declines: 0,
                declined_at: None,
            })
        }
    };
    let written = settle::set_auto_reload(&writer, account.id, |before| match &wanted {
        Some(order) => Some(order.clone()),
        None => before.map(|order| AutoReload { status: OrderStatus::Off, ..order.clone() }),
    });
    if let Err(error) = written.await {
        return Err(settle_refusal_for(app, account.id, error).await);
    }
    app.account(account.id).await
}

/// The payment method as the gateway knows it, if it can be charged this amount.
async fn verify(app: &App, amount: Money, method: &PaymentMethod) -> Result<PaymentMethod> {
    let gateway = app.gateway()?;
    gateway.check_amount(amount).map_err(|error| Refusal::GatewayRefusesAmount { error })?;
    gateway.verify_payment_method(method).await.map_err(|error| match error {
        Unrecognised::Refused(rejection) => Refusal::PaymentMethodUnknown { rejection }.into(),
        Unrecognised::Unavailable(_) => anyhow::Error::from(error).into(),
    })
}

/// The amount in the account's currency, which must be above zero.
fn positive(
    stated: StatedAmount,
    currency: Currency,
    what: &'static str,
) -> Result<Money, Refusal> {
    if let Some(other) = stated.currency.filter(|stated| *stated != currency) {
        return Err(Refusal::CurrencyMismatch { what, amount: stated.amount.of(other), currency });
    }
    let money = stated.amount.of(currency);
    if money.is_negative() || money.is_zero() {
        let reason = InvalidValue::NotPositive(money);
        return Err(Refusal::InvalidValue { what, reason });
    }
    Ok(money)
}
