//! `shortcode disclosure`: what the opt-in page has to show.

use anyhow::Result;
use linerent_short_codes::{ProgramKind, ShortCodeProgram};
use serde::Serialize;

use super::renter_of;
use super::show::not_set_up;
use crate::operations::{App, Refusal, refused};

/// The texts for opt-in pages.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct DisclosuresView {
    /// The short code.
    pub number: String,
    /// The key of who rents it.
    pub account: String,
    /// One for each set-up that was asked for.
    pub disclosures: Vec<DisclosureView>,
}

/// The text for one opt-in page.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct DisclosureView {
    /// `2fa` or `alert`.
    pub kind: &'static str,
    /// The text, of several lines.
    pub text: String,
}

/// What the opt-in pages of the account's set-ups have to show, of one kind or of all.
///
/// # Errors
/// Refuses where nothing is set up, and a set-up that lacks something, naming all of it.
pub async fn disclosure(
    app: &App,
    key: &str,
    code: &str,
    kind: Option<&str>,
) -> Result<DisclosuresView> {
    let kind: Option<ProgramKind> = kind.map(str::parse).transpose().map_err(refused)?;
    let (msisdn, renter) = renter_of(app, key, code).await?;
    let mut set_ups = app.store.set_ups(&renter).await?;
    set_ups.retain(|it| kind.is_none_or(|kind| it.kind() == kind));
    if set_ups.is_empty() {
        let account = renter.account.to_string();
        return Err(match kind {
            Some(kind) => not_set_up(&account, msisdn.as_str(), kind),
            None => Refusal::with_hint(
                format!("account {account} has not set {msisdn} up for anything"),
                "`linerent shortcode setup-2fa` and `linerent shortcode setup-alert` set it up",
            ),
        }
        .into());
    }
    let disclosures = set_ups
        .iter()
        .map(|set_up| disclosure_of(msisdn.as_str(), set_up))
        .collect::<Result<_, _>>()?;
    let (number, account) = (msisdn.to_string(), renter.account.to_string());
    Ok(DisclosuresView { number, account, disclosures })
}

fn disclosure_of(code: &str, set_up: &ShortCodeProgram) -> Result<DisclosureView, Refusal> {
    let kind = set_up.kind().as_str();
    match linerent_short_codes::disclosure(code, set_up) {
        Ok(text) => Ok(DisclosureView { kind, text }),
        Err(missing) => {
            let options: Vec<_> = missing.iter().map(|it| format!("`--{it}`")).collect();
            Err(Refusal::with_hint(
                format!("the {kind} set-up of {code} lacks {}", missing.join(", ")),
                format!(
                    "set it up anew, all of it, with {} too: `linerent shortcode setup-{kind} --help`",
                    options.join(", ")
                ),
            ))
        }
    }
}
