//! Who issues documents, by the configuration.

use anyhow::{Result, bail};
use serde::Deserialize;

use crate::paper::{Issuer, Paper};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Operator {
    name: String,
    address: String,
    tax_id: Option<String>,
    email: Option<String>,
    paper: String,
}

/// Lines of an address: more would leave no room for what the document is about.
const LINES_MAX: usize = 8;
const CHARS_MAX: usize = 200;

impl Operator {
    pub(super) fn issuer(self) -> Result<Issuer> {
        // In the environment the two characters `\n` are easier to write than a line's end.
        let address = self.address.replace("\\n", "\n");
        let address = address.lines().map(|line| line.trim().to_owned());
        let address: Vec<_> = address.filter(|line| !line.is_empty()).collect();
        if address.len() > LINES_MAX {
            bail!("`operator.address` has {} lines\nhint: use {LINES_MAX} at most", address.len());
        }
        let issuer = Issuer {
            name: one_line("operator.name", &self.name)?,
            address: address
                .iter()
                .map(|line| one_line("operator.address", line))
                .collect::<Result<_>>()?,
            tax_id: self.tax_id.map(|text| one_line("operator.tax_id", &text)).transpose()?,
            email: self.email.map(|text| one_line("operator.email", &text)).transpose()?,
            paper: paper_of(&self.paper)?,
        };
        Ok(issuer)
    }
}

fn one_line(key: &str, text: &str) -> Result<String> {
    let text = text.trim();
    if text.chars().any(char::is_control) || text.chars().count() > CHARS_MAX {
        bail!("`{key}` is `{text}`\nhint: write at most {CHARS_MAX} characters on one line");
    }
    Ok(text.to_owned())
}

fn paper_of(text: &str) -> Result<Paper> {
    match Paper::ALL.into_iter().find(|paper| paper.as_str() == text) {
        Some(paper) => Ok(paper),
        None => bail!("`operator.paper` is `{text}`\nhint: use a4 or letter"),
    }
}
