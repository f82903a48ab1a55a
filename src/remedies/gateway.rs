//! Remedies for gateways and payment methods.

use crate::payments::{Rejection, Unchargeable, Unrecognised};

pub fn amount(error: &Unchargeable) -> String {
    format!("use a whole multiple of {}", error.step)
}

pub fn remedy(error: &Unrecognised) -> Option<String> {
    match error {
        Unrecognised::Refused(rejection) => self::rejection(rejection),
        Unrecognised::Unavailable(_) => {
            Some("nothing has changed: try again, or check `payments`".to_owned())
        }
    }
}

pub fn rejection(rejection: &Rejection) -> Option<String> {
    let remedy = match rejection {
        Rejection::KeyRefused(_) => "check `payments.stripe.api_key`",
        Rejection::Unknown { .. } => {
            "look it up in the provider's dashboard, in the mode of `payments.stripe.api_key`"
        }
        Rejection::NotATestCard { known, .. } => return Some(format!("use {known}")),
        Rejection::NotAnId(_) => "payment methods begin with pm_, customers with cus_",
        Rejection::NotACard { .. } => "use a payment method of a card",
        Rejection::OtherCustomer { owner, .. } => {
            return Some(format!("use `--customer {owner}`, or another payment method"));
        }
        Rejection::NoCustomer(_) => "attach it to a customer of the provider's first",
    };
    Some(remedy.to_owned())
}
