//! `number search`: what is on sale.

use anyhow::Result;
use serde::Serialize;

use super::views::NumberView;
use super::{Desk, Refusal, refused};
use crate::rental::{NumberType, country_of, features_of};
use crate::store::{Match, NumberSearch};

/// What to look for.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// ISO 3166, two letters.
    pub country: String,
    /// A type, or any.
    pub kind: Option<String>,
    /// All of these features, in one list.
    pub features: Option<String>,
    /// Digits.
    pub pattern: Option<String>,
    /// How the digits match.
    pub matching: Match,
    /// Which page, from 1.
    pub page: u32,
    /// Numbers on a page.
    pub size: u32,
}

/// One page of what was found.
#[derive(Debug, Clone, Serialize)]
pub struct Found {
    /// How many there are on all pages.
    pub count: u64,
    /// This page, in order.
    pub numbers: Vec<NumberView>,
}

const SIZE_MAX: u32 = 1_000;

/// The numbers on sale that match all that is asked for.
///
/// # Errors
/// Refuses malformed values.
pub async fn search(desk: &Desk, wanted: &Wanted) -> Result<Found> {
    if wanted.page == 0 || wanted.size == 0 || wanted.size > SIZE_MAX {
        return Err(Refusal::new(format!(
            "pages are counted from 1, and have 1 to {SIZE_MAX} numbers"
        ))
        .into());
    }
    let kind = wanted.kind.as_deref().map(str::parse::<NumberType>).transpose().map_err(refused)?;
    let search = NumberSearch {
        country: country_of(&wanted.country).map_err(refused)?,
        kind: kind.map(|kind| kind.as_str().to_owned()),
        features: features_of(wanted.features.as_deref().unwrap_or_default()).map_err(refused)?,
        pattern: wanted
            .pattern
            .as_deref()
            .map(digits_of)
            .transpose()?
            .map(|digits| (digits, wanted.matching)),
        offset: (wanted.page - 1).saturating_mul(wanted.size),
        limit: wanted.size,
    };
    let (count, numbers) = desk.store.search_numbers(&search).await?;
    Ok(Found { count, numbers: numbers.iter().map(NumberView::from).collect() })
}

fn digits_of(pattern: &str) -> Result<String> {
    let digits = pattern.strip_prefix('+').unwrap_or(pattern).replace(' ', "");
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Refusal::new(format!("the pattern `{pattern}` is not digits")).into());
    }
    Ok(digits)
}
