//! `account create`.

use anyhow::Result;

use super::views::AccountView;
use super::{App, Refusal, refused};
use crate::account::NewAccount;
use crate::ids::AccountId;
use crate::mail::mailbox_of;
use crate::money::{Money, currency_of};

/// What the operator says of the account to be.
#[derive(Debug, Clone)]
pub struct AccountCreate {
    /// The customer's name.
    pub name: String,
    /// Where notices go.
    pub email: String,
    /// A key of the operator's choice; a random one where there is none.
    pub key: Option<String>,
    /// ISO 4217.
    pub currency: String,
    /// How far below zero the balance may go.
    pub credit_limit: Option<String>,
    /// The account's own threshold for being told of a low balance.
    pub low_balance: Option<String>,
}

const NAME_CHARS_MAX: usize = 200;
/// The longest address that can be mailed to (RFC 5321, 4.5.3.1.3, without the brackets).
const EMAIL_CHARS_MAX: usize = 254;

/// Creates an account with a balance of nothing.
///
/// # Errors
/// Refuses malformed values, negative limits, and a key that is taken.
pub async fn create(app: &App, asked: &AccountCreate) -> Result<AccountView> {
    let moment = app.moment();
    let currency = currency_of(&asked.currency).map_err(refused)?;
    let amount = |text: &Option<String>, what: &str| -> Result<Option<Money>> {
        let Some(text) = text else { return Ok(None) };
        let amount = Money::parse(text, currency).map_err(refused)?;
        if amount.is_negative() {
            return Err(Refusal::new(format!("{what} `{text}` is negative")).into());
        }
        Ok(Some(amount))
    };
    let mut account = NewAccount {
        id: asked
            .key
            .as_deref()
            .map_or_else(|| Ok(AccountId::random(&*app.rng)), str::parse)
            .map_err(refused)?,
        name: name_of(&asked.name)?,
        email: email_of(&asked.email)?,
        credit_limit: amount(&asked.credit_limit, "the credit limit")?
            .unwrap_or(Money::zero(currency)),
        low_balance: amount(&asked.low_balance, "the low balance")?,
    };
    while !app.store.create_account(&account, moment.at).await? {
        if asked.key.is_some() {
            return Err(Refusal::with_hint(
                format!("there is an account {} already", account.id),
                "leave `--key` out for a new one",
            )
            .into());
        }
        account.id = AccountId::random(&*app.rng);
    }
    Ok(AccountView::from(&app.account(account.id).await?))
}

pub(super) fn name_of(text: &str) -> Result<String> {
    let name = text.trim();
    if name.is_empty()
        || name.chars().any(char::is_control)
        || name.chars().count() > NAME_CHARS_MAX
    {
        return Err(Refusal::new(format!(
            "a name has 1 to {NAME_CHARS_MAX} characters on one line"
        ))
        .into());
    }
    Ok(name.to_owned())
}

pub(super) fn email_of(text: &str) -> Result<String> {
    let email = text.trim();
    let (local, domain) = email.rsplit_once('@').unwrap_or_default();
    let is_plausible = !local.is_empty()
        && !domain.is_empty()
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && email.chars().count() <= EMAIL_CHARS_MAX
        && !email
            .chars()
            .any(|c| c.is_control() || c.is_whitespace() || "<>,;:\"()[]\\".contains(c))
        && !local.contains('@');
    if is_plausible && mailbox_of(email).is_ok() {
        return Ok(email.to_owned());
    }
    Err(Refusal::with_hint(
        format!("`{text}` is not an e-mail address"),
        "write it as name@example.com",
    )
    .into())
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
