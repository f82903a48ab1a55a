//! `[operator]`: who issues documents.

use anyhow::{Result, bail};
use linerent_pdf::{Issuer, PageSize};

use super::error::ConfigError;
use super::keys::{Key, Kind, key};
use super::values::Values;
use crate::text::{check_line, quoted};

pub(super) const KEYS: &[Key] = &[
    key("operator.name", Kind::Text),
    key("operator.address", Kind::Text),
    key("operator.tax_id", Kind::Text),
    key("operator.email", Kind::Text),
    key("operator.paper", Kind::Word(&[PageSize::A4.as_str(), PageSize::Letter.as_str()])),
];

/// More lines would leave too little room for the document.
const LINES_MAX: usize = 8;
const CHARS_MAX: usize = 200;

pub(super) fn issuer(values: &Values) -> Result<Issuer> {
    // The two characters `\n` are easier to write than a line break, above all in the environment.
    let address = values.text("operator.address").replace("\\n", "\n");
    let lines: Vec<_> = address.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.len() > LINES_MAX {
        bail!(ConfigError::invalid(
            format!("`operator.address` has {} lines", lines.len()),
            format!("use at most {LINES_MAX} lines")
        ));
    }
    let address = lines.into_iter().map(|line| one_line("operator.address", line));
    let optional = |key| values.find_text(key).map(|text| one_line(key, text)).transpose();
    let paper = values.text("operator.paper");
    Ok(Issuer {
        name: one_line("operator.name", values.text("operator.name"))?,
        address: address.collect::<Result<_>>()?,
        tax_id: optional("operator.tax_id")?,
        email: optional("operator.email")?,
        page_size: PageSize::ALL
            .into_iter()
            .find(|it| it.as_str() == paper)
            .expect("a word of the key"),
    })
}

fn one_line(key: &str, text: &str) -> Result<String> {
    let text = text.trim();
    // Empty if it is not set.
    if !text.is_empty()
        && let Err(error) = check_line(text, CHARS_MAX)
    {
        bail!(ConfigError::invalid(
            format!("`{key}` is {}: it {error}", quoted(text)),
            format!("write at most {CHARS_MAX} characters on one line")
        ));
    }
    Ok(text.to_owned())
}
