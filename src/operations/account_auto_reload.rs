//! `account auto-reload`: the account's standing order.

use anyhow::Result;

use super::refusal::settle_refusal_for;
use super::views::AccountView;
use super::{App, Refusal, account_show, refused};
use crate::billing::settle;
use crate::money::{Currency, Money};
use crate::payments::Unrecognised;
use crate::reload::{AutoReload, OrderStatus, PaymentMethod};

/// What the operator wants.
#[derive(Debug, Clone)]
pub enum Order {
    /// An order in force, in place of any earlier one.
    On {
        /// Below this balance the card is charged.
        threshold: String,
        /// What it is charged a multiple of.
        amount: String,
        /// What is charged, as the gateway names it.
        payment_method: String,
        /// Whose it is at the gateway.
        customer: Option<String>,
    },
    /// None in force. What it was stays to be seen in the database.
    Off,
}

/// Sets the account's standing order. A reload that is under way is carried to its end either way.
///
/// # Errors
/// Refuses amounts that are not positive or cannot be charged, and a payment method that the
/// gateway does not know; fails where the gateway cannot be asked.
pub async fn set(app: &App, key: &str, order: &Order) -> Result<AccountView> {
    let writer = app.account_writer(app.moment());
    let account = app.open_account(super::account_id(key)?).await?;
    let wanted = match order {
        Order::Off => None,
        Order::On { threshold, amount, payment_method, customer } => {
            let currency = account.balance.currency();
            let threshold = positive(threshold, currency, "the threshold")?;
            let amount = positive(amount, currency, "the amount")?;
            let gateway = app.gateway()?;
            gateway.check_amount(amount).map_err(refused)?;
            let method = PaymentMethod {
                id: payment_method.trim().to_owned(),
                customer: customer.as_deref().map(|it| it.trim().to_owned()),
            };
            let payment_method =
                gateway.verify_payment_method(&method).await.map_err(|error| match error {
                    Unrecognised::Unknown(_) => refused(error),
                    Unrecognised::Unavailable(_) => anyhow::Error::from(error),
                })?;
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
        return Err(settle_refusal_for(app, account.id, error).await.into());
    }
    account_show::show(app, key).await
}

/// An amount above zero, in the account's currency; that may be said behind it.
fn positive(text: &str, currency: Currency, what: &str) -> Result<Money> {
    let text = text.trim();
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let said = &text[number.len()..];
    let number = if number.is_empty() { text } else { number.trim() };
    if number != text && !said.eq_ignore_ascii_case(currency.code()) {
        return Err(Refusal::with_hint(
            format!("{what} is `{text}`, and the account is in {}", currency.code()),
            format!("write it in {}, for example 25.00", currency.code()),
        )
        .into());
    }
    let money = Money::parse(number, currency).map_err(refused)?;
    if money.is_negative() || money.is_zero() {
        return Err(Refusal::with_hint(
            format!("{what} is {money}"),
            "use an amount above zero; `--off` ends auto-reload",
        )
        .into());
    }
    Ok(money)
}
