//! `shortcode disclosure`: the texts that opt-in pages must show.

use super::renter_of;
use crate::ids::AccountId;
use crate::operations::error::Result;
use crate::operations::{App, Refusal};
use crate::rental::Msisdn;
use linerent_short_codes::{ProgramKind, ShortCodeProgram};

/// The text for one opt-in page.
#[derive(Debug, Clone)]
pub struct Disclosure {
    pub kind: ProgramKind,
    /// Several lines.
    pub text: String,
}

/// The texts for the opt-in pages of the account's set-ups, of one kind or of all.
pub async fn disclosures(
    app: &App,
    account: AccountId,
    code: &Msisdn,
    kind: Option<ProgramKind>,
) -> Result<Vec<Disclosure>> {
    let renter = renter_of(app, account, code).await?;
    let mut set_ups = app.store.set_ups(&renter).await?;
    set_ups.retain(|it| kind.is_none_or(|kind| it.kind() == kind));
    if set_ups.is_empty() {
        let msisdn = code.clone();
        return Err(Refusal::ShortCodeNotSetUp { account, msisdn, kind }.into());
    }
    set_ups.iter().map(|set_up| disclosure_of(code, set_up)).collect()
}

fn disclosure_of(code: &Msisdn, set_up: &ShortCodeProgram) -> Result<Disclosure> {
    let kind = set_up.kind();
    match linerent_short_codes::disclosure(code.as_str(), set_up) {
        Ok(text) => Ok(Disclosure { kind, text }),
        Err(missing) => {
            let msisdn = code.clone();
            Err(Refusal::ShortCodeSetUpIncomplete { msisdn, kind, missing }.into())
        }
    }
}
