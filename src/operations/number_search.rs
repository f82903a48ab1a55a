//! `number search`: what is on sale.

use anyhow::Result;
use serde::Serialize;

use super::views::NumberView;
use super::{App, Refusal, refused};
use crate::rental::{Match, NumberSearch, NumberType, country_of, features_of};

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
}

/// One page of what was found.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct Found {
    /// How many there are on all pages.
    pub count: u64,
    /// This page, in order.
    pub numbers: Vec<NumberView>,
}

const SIZE_MAX: u32 = 1_000;

/// The numbers on sale that match all that is asked for: how many, and the `page`, counted from 1,
/// of `size` numbers each.
///
/// # Errors
/// Refuses malformed values.
pub async fn search(app: &App, wanted: &Wanted, page: u32, size: u32) -> Result<Found> {
    if page == 0 || size == 0 || size > SIZE_MAX {
        return Err(Refusal::new(format!(
            "pages are counted from 1, and have 1 to {SIZE_MAX} numbers"
        ))
        .into());
    }
    let search = NumberSearch {
        offset: (page - 1).saturating_mul(size),
        limit: size,
        ..wanted.to_search()?
    };
    let (count, numbers) = app.store.search_numbers(&search).await?;
    Ok(Found { count, numbers: numbers.iter().map(NumberView::from).collect() })
}

impl Wanted {
    /// What the store is to look for, in any currency; none of it yet.
    ///
    /// # Errors
    /// Refuses malformed values.
    pub fn to_search(&self) -> Result<NumberSearch> {
        let kind = self.kind.as_deref().map(str::parse::<NumberType>).transpose();
        let kind = kind.map_err(refused)?;
        let digits = self.pattern.as_deref().map(digits_of).transpose()?;
        Ok(NumberSearch {
            country: country_of(&self.country).map_err(refused)?,
            kind: kind.map(|kind| kind.as_str().to_owned()),
            features: features_of(self.features.as_deref().unwrap_or_default()).map_err(refused)?,
            pattern: digits.map(|digits| (digits, self.matching)),
            currency: None,
            offset: 0,
            limit: 0,
        })
    }
}

fn digits_of(pattern: &str) -> Result<String> {
    let digits = pattern.strip_prefix('+').unwrap_or(pattern).replace(' ', "");
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Refusal::new(format!("the pattern `{pattern}` is not digits")).into());
    }
    Ok(digits)
}
