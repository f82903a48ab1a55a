//! Whether an answer is about the charge that was asked for.

use super::answers::Intent;
use crate::payments::{Charge, Rejection, Uncertainty};

impl Intent {
    /// Why it is not the intent of this charge, or not known to be. Whatever it says then says nothing about the
    /// charge, and an operator must look at it. Its id is not kept, because it is the id of another charge.
    pub(super) fn mismatch(&self, charge: &Charge) -> Option<Uncertainty> {
        let id = charge.id.to_string();
        let why = if refuse_unless_an_id(&self.id).is_err() {
            format!("its id is `{}`, which is not an id of the gateway", self.id)
        } else if self.reload_id() != Some(&id) {
            match self.reload_id() {
                Some(other) => format!("it names the reload `{other}`, not `{id}`"),
                None => format!("it names no reload, and should name `{id}`"),
            }
        } else if let Some(other) =
            differing(&self.customer, charge.payment_method.customer.as_ref())
        {
            format!("it is of the customer `{other}`")
        } else {
            // Stripe answers with an id of its own for one of its names for tests.
            let method = Some(&charge.payment_method.id).filter(|it| !it.starts_with("pm_card_"));
            let other = differing(&self.payment_method, method)?;
            format!("it is of the payment method `{other}`")
        };
        let reason = format!("the answer of the gateway belongs to another charge: {why}");
        Some(Uncertainty::of_request(reason))
    }
}

/// The id of an object that an answer names or contains, if it is known and not the one that was `asked` for.
fn differing(object: &Option<serde_json::Value>, asked: Option<&String>) -> Option<String> {
    let id = object.as_ref().and_then(|it| it.as_str().or_else(|| it.get("id")?.as_str()))?;
    (id != asked?).then(|| id.to_owned())
}

/// Longer than any id of the gateway.
const ID_CHARS_MAX: usize = 255;

/// Ids consist of letters, digits and underscores. Any other text could change the path of the request.
pub(super) fn refuse_unless_an_id(id: &str) -> Result<(), Rejection> {
    let is_id = (1..=ID_CHARS_MAX).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if is_id {
        return Ok(());
    }
    Err(Rejection::NotAnId(id.to_owned()))
}
