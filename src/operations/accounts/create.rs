//! `account create`.

use crate::account::{Account, NewAccount};
use crate::ids::AccountId;
use crate::mail::mailbox_of;
use crate::money::{Amount, Currency, Money};
use crate::operations::error::Result;
use crate::operations::refusal::InvalidValue;
use crate::operations::texts::one_line;
use crate::operations::{App, Refusal};
use crate::text::is_disruptive;

/// The account that is wanted.
#[derive(Debug, Clone)]
pub struct AccountCreate {
    /// The customer's name.
    pub name: String,
    /// Where notices go.
    pub email: String,
    /// Without one, the account gets a random id.
    pub id: Option<AccountId>,
    pub currency: Currency,
    /// How far below zero the balance may go.
    pub credit_limit: Option<Amount>,
    /// The customer gets a notice when the balance falls below this.
    pub low_balance: Option<Amount>,
}

/// The longest address that can be mailed to (RFC 5321, 4.5.3.1.3, without the brackets).
const EMAIL_CHARS_MAX: usize = 254;

/// Creates an account with a zero balance.
///
/// # Errors
/// Refuses invalid values, negative limits, and an id that is taken.
pub async fn create(app: &App, asked: &AccountCreate) -> Result<Account> {
    let moment = app.moment();
    let amount = |amount: Option<Amount>, what| -> Result<Option<Money>, Refusal> {
        amount.map(|amount| not_negative(amount.of(asked.currency), what)).transpose()
    };
    let mut account = NewAccount {
        id: asked.id.unwrap_or_else(|| AccountId::random(&*app.rng)),
        name: one_line(&asked.name, "name")?.to_owned(),
        email: email_of(&asked.email)?,
        credit_limit: amount(asked.credit_limit, "credit limit")?
            .unwrap_or(Money::zero(asked.currency)),
        low_balance: amount(asked.low_balance, "low balance")?,
    };
    while !app.store.create_account(&account, moment.at).await? {
        if asked.id.is_some() {
            return Err(Refusal::AccountKeyTaken { account: account.id }.into());
        }
        account.id = AccountId::random(&*app.rng);
    }
    app.account(account.id).await
}

pub(super) fn not_negative(amount: Money, what: &'static str) -> Result<Money, Refusal> {
    if amount.is_negative() {
        return Err(Refusal::InvalidValue { what, reason: InvalidValue::Negative(amount) });
    }
    Ok(amount)
}

pub(super) fn email_of(text: &str) -> Result<String, Refusal> {
    let email = text.trim();
    let (local, domain) = email.rsplit_once('@').unwrap_or_default();
    let is_plausible = !local.is_empty()
        && !domain.is_empty()
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && email.chars().count() <= EMAIL_CHARS_MAX
        && !email
            .chars()
            .any(|c| is_disruptive(c) || c.is_whitespace() || "<>,;:\"()[]\\".contains(c))
        && !local.contains('@');
    if is_plausible && mailbox_of(email).is_ok() {
        return Ok(email.to_owned());
    }
    let reason = InvalidValue::NotAnEmailAddress(text.to_owned());
    Err(Refusal::InvalidValue { what: "e-mail address", reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_cannot_be_mailed_to_are_refused() {
        for text in [
            "",
            "ada",
            "@x.org",
            "a@",
            "a b@x.org",
            "a@x.org\nBcc: b@x.org",
            "a@b@c",
            "<a@x.org>",
            "a..b@x.org",
            "a@-x.org",
        ] {
            assert!(email_of(text).is_err(), "{text}");
        }
        assert!(email_of("zoë@exämple.org").is_ok());
    }
}
