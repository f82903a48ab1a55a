//! Refusals about numbers, rentals and short codes.

use crate::operations::Refusal;
use crate::operations::refusal::InvalidValue;
use crate::rental::configuration::Field;
use crate::webhooks::{Failure, Trouble};

/// The sentence and the hints, if the refusal is about numbers.
pub fn explain(refusal: &Refusal) -> Option<(String, Vec<String>)> {
    let plain = |message: String| (message, Vec::new());
    let hinted = |message: String, hint: String| (message, vec![hint]);
    let on_sale = || "`linerent number search` shows what is on sale".to_owned();
    Some(match refusal {
        Refusal::InvalidValue {
            what: "count",
            reason: InvalidValue::OutOfRange { value, min, max },
        } => hinted(
            format!("{value} numbers cannot be rented at once"),
            format!("ask for {min} to {max}"),
        ),
        Refusal::InvalidValue { what: "page" | "size", .. } => {
            plain("pages are counted from 1, and have 1 to 1000 numbers".to_owned())
        }
        Refusal::NumberNotFound { msisdn } => {
            hinted(format!("there is no number {msisdn} in the inventory"), on_sale())
        }
        Refusal::NumberRetired { msisdn } => plain(format!("{msisdn} is retired already")),
        Refusal::NumberRented { msisdn } => hinted(
            format!("{msisdn} is rented"),
            format!("`linerent cancel {msisdn}` ends the rental"),
        ),
        Refusal::NumberNotOnSale { msisdn, status } => {
            hinted(format!("{msisdn} is {status}"), on_sale())
        }
        Refusal::NumberHeldForAnother { msisdn, until } => {
            hinted(format!("{msisdn} is held for its last renter until {until}"), on_sale())
        }
        Refusal::NumberCurrencyMismatch { msisdn, sold_in, account, currency } => hinted(
            format!(
                "{msisdn} is sold in {}, and account {account} pays in {}",
                sold_in.code(),
                currency.code()
            ),
            on_sale(),
        ),
        Refusal::NumberExists { msisdn } => hinted(
            format!("nothing was added: {msisdn} is in the inventory already"),
            format!("`linerent number show {msisdn}` shows it"),
        ),
        Refusal::NotEnoughNumbers { wanted, found, currency } => {
            let (are, numbers) = if *found == 1 { ("is", "number") } else { ("are", "numbers") };
            hinted(
                format!(
                    "there {are} {found} such {numbers} on sale in {}, and {wanted} are asked for: nothing was rented",
                    currency.code()
                ),
                "ask for fewer, or for less of them; `linerent number search` shows what is on sale"
                    .to_owned(),
            )
        }
        Refusal::AlreadyRented { account, msisdn } => {
            hinted(format!("account {account} rents {msisdn} already"), on_sale())
        }
        Refusal::NotRented { account: Some(account), msisdn } => hinted(
            format!("account {account} does not rent {msisdn}"),
            format!("`linerent subscription list --account {account}` shows what it rents"),
        ),
        Refusal::NotRented { account: None, msisdn } => {
            plain(format!("{msisdn} is not rented by any account"))
        }
        Refusal::SeveralRenters { msisdn, renters } => hinted(
            format!("{renters} accounts rent {msisdn}"),
            "name the account of the rental with `--account KEY`".to_owned(),
        ),
        Refusal::RentalEnded { msisdn } => {
            plain(format!("the rental of {msisdn} has ended meanwhile"))
        }
        Refusal::NoCancellationScheduled { account, msisdn } => hinted(
            format!("the rental of {msisdn} by {account} is not to end"),
            "there is nothing to take back".to_owned(),
        ),
        Refusal::TooLateToKeep { account, msisdn, ended_on } => hinted(
            format!(
                "the last period of {msisdn} was over on {ended_on}: it is too late to keep it"
            ),
            format!("the next run ends it; then `linerent rent {account} {msisdn}` rents it anew"),
        ),
        Refusal::CallLoop { msisdn } => hinted(
            format!("calls to {msisdn} cannot go to {msisdn} itself"),
            "use another number for `--voice-callback tel`".to_owned(),
        ),
        Refusal::SetAndCleared { field } => {
            plain(format!("`--{}` cannot be set and cleared at once", field.option()))
        }
        Refusal::WebhooksFailed { failures } => {
            let reasons: Vec<_> = failures
                .iter()
                .map(|(field, failure)| format!("`--{}` was not saved: {failure}", field.option()))
                .collect();
            hinted(reasons.join("; "), webhook_hint(failures).to_owned())
        }
        Refusal::NotAShortCode { msisdn, kind, country } => hinted(
            format!("{msisdn} is no short code but a {}", kind.as_str()),
            format!(
                "`linerent number search --country {country} --type shortcode` shows the short codes on sale"
            ),
        ),
        Refusal::ShortCodeNotRented { account, msisdn } => hinted(
            format!("account {account} does not rent {msisdn}"),
            format!("`linerent rent {account} {msisdn}` rents it"),
        ),
        Refusal::ShortCodeNotSetUp { account, msisdn, kind: Some(kind) } => hinted(
            format!("account {account} has not set {msisdn} up for {kind}"),
            format!("`linerent shortcode setup-{kind}` sets it up"),
        ),
        Refusal::ShortCodeNotSetUp { account, msisdn, kind: None } => hinted(
            format!("account {account} has not set {msisdn} up for anything"),
            "`linerent shortcode setup-2fa` and `linerent shortcode setup-alert` set it up"
                .to_owned(),
        ),
        Refusal::ShortCodeSetUpIncomplete { msisdn, kind, missing } => {
            let options: Vec<_> = missing.iter().map(|it| format!("`--{it}`")).collect();
            hinted(
                format!("the {kind} set-up of {msisdn} lacks {}", missing.join(", ")),
                format!(
                    "set it up anew, all of it, with {} too: `linerent shortcode setup-{kind} --help`",
                    options.join(", ")
                ),
            )
        }
        Refusal::ShortCodeSetUpInvalid { errors } => {
            let text = errors.to_string();
            let mut parts = text.split("\nhint: ").map(str::to_owned);
            (parts.next().unwrap_or_default(), parts.collect())
        }
        Refusal::NotAnAmericanShortCode { msisdn } => plain(format!(
            "nothing was added: `{msisdn}` is not a short code of the US: these have 5 or 6 digits, the first from 2 to 9"
        )),
        _ => return None,
    })
}

fn webhook_hint(failures: &[(Field, Failure)]) -> &'static str {
    let is_private =
        |(_, failure): &(Field, Failure)| matches!(failure.trouble, Trouble::NotPublic(_));
    if failures.iter().any(is_private) {
        "use a public address; to allow webhooks in a private network, set `webhooks.allow_private` to `true`"
    } else {
        "it must answer GET with 2xx; `--skip-check` saves it without asking"
    }
}
