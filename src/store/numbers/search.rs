//! What is on sale, found by its digits among ten million numbers.
//!
//! Each way of looking has its own index (migration 9) and its own statement, so that an engine
//! has nothing to guess: [`Way`] says which. A page is first found in an index alone, and only its
//! own rows are then fetched from the table; so is the count.

use crate::rental::{InventoryNumber, Match, NumberSearch};
use crate::store::engine::{Query, Sql};
use crate::store::error::StoreError;
use crate::store::numbers::rows::NumberRow;
use crate::store::open::Store;

/// By which index the numbers are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// In their order: all of the country, from `numbers_on_sale`.
    All,
    /// In their order, between the pattern and what follows it.
    Starts,
    /// By their last digits, from `numbers_by_end`.
    Ends,
    /// By the groups of three digits that they contain, from `numbers_by_part`.
    Contains,
    /// In their order, looking at each: so many end with one or two digits that an index is no help.
    EndsWithFew,
    /// In their order, looking at each: one or two digits make no group of three.
    ContainsFew,
}

/// Fewer digits than these do not choose enough for an index of their own.
const FEW: usize = 3;

/// More matches than these are not worth sorting.
const MANY: i64 = 20_000;

impl Way {
    fn of(search: &NumberSearch) -> Self {
        let Some((digits, matching)) = &search.pattern else { return Self::All };
        match matching {
            Match::Starts => Self::Starts,
            Match::Ends if digits.len() < FEW => Self::EndsWithFew,
            Match::Ends => Self::Ends,
            Match::Contains if digits.len() < FEW => Self::ContainsFew,
            Match::Contains => Self::Contains,
        }
    }

    /// The way to a page where so many match: a page of many is soon found in their order, and
    /// all of them would have to be sorted after an index that has another.
    fn to_page(search: &NumberSearch, count: i64) -> Self {
        match Self::of(search) {
            Self::Ends if count > MANY => Self::EndsWithFew,
            Self::Contains if count > MANY => Self::ContainsFew,
            way => way,
        }
    }

    const fn count(self) -> Sql {
        match self {
            Self::All => COUNT_ALL,
            Self::Starts => COUNT_STARTS,
            Self::Ends => COUNT_ENDS,
            Self::Contains => COUNT_CONTAINS,
            Self::EndsWithFew => COUNT_ENDS_WITH_FEW,
            Self::ContainsFew => COUNT_CONTAINS_FEW,
        }
    }

    const fn page(self) -> Sql {
        match self {
            Self::All => PAGE_OF_ALL,
            Self::Starts => PAGE_OF_STARTS,
            Self::Ends => PAGE_OF_ENDS,
            Self::Contains => PAGE_OF_CONTAINS,
            Self::EndsWithFew => PAGE_OF_ENDS_WITH_FEW,
            Self::ContainsFew => PAGE_OF_CONTAINS_FEW,
        }
    }
}

/// What every search asks, from what chooses most to what costs most. The list of features has each
/// word between commas and is sorted, so that, with the commas doubled, one LIKE asks for all of
/// them.
macro_rules! offers {
    ($table:literal, $digits:literal) => {
        concat!(
            " FROM ",
            $table,
            "
            WHERE status = 'available'
                AND country = $1
                AND ",
            $digits,
            "
                AND ($2 IS NULL OR type = $2)
                AND ($3 IS NULL OR currency = $3)
                AND ($4 = '%' OR replace(features, ',', ',,') LIKE $4 ESCAPE '!')"
        )
    };
}

macro_rules! count {
    ($table:literal, $digits:literal) => {
        concat!("SELECT COUNT(*)", offers!($table, $digits))
    };
}

macro_rules! page {
    ($table:literal, $digits:literal, $found_by:literal, $order:literal) => {
        concat!(
            "SELECT msisdn, country, type, features, monthly_price, setup_price, currency,
                is_shared, status, account_id, held_until
            FROM numbers
            WHERE msisdn IN (
                SELECT msisdn",
            offers!($table, $digits),
            " ORDER BY ",
            $found_by,
            " LIMIT $6 OFFSET $7)
            ORDER BY ",
            $order
        )
    };
}

/// The count and the page of one way, in the words of each engine. SQLite is told the index, since
/// it keeps no figures to choose by. PostgreSQL is told the order in which the numbers are found.
macro_rules! way {
    (
        $count:ident, $page:ident,
        sqlite: $index:literal, $sqlite:literal,
        postgres: $found_by:literal, $postgres:literal
    ) => {
        const $count: Sql =
            Sql { sqlite: count!($index, $sqlite), postgres: count!("numbers", $postgres) };
        const $page: Sql = Sql {
            sqlite: page!($index, $sqlite, "msisdn", "msisdn"),
            postgres: page!("numbers", $postgres, $found_by, "msisdn COLLATE \"C\""),
        };
    };
}

way!(COUNT_ALL, PAGE_OF_ALL,
    sqlite: "numbers INDEXED BY numbers_on_sale", "$5 IS NULL",
    postgres: "msisdn COLLATE \"C\"", "$5 IS NULL");
// A colon comes after the digits.
way!(COUNT_STARTS, PAGE_OF_STARTS,
    sqlite: "numbers INDEXED BY numbers_on_sale", "msisdn >= $5 AND msisdn < $5 || ':'",
    postgres: "msisdn COLLATE \"C\"",
        "msisdn COLLATE \"C\" >= $5 AND msisdn COLLATE \"C\" < $5 || ':'");
// The pattern comes backwards. With nothing added to it, the order would tempt PostgreSQL to walk
// through all numbers until it has met enough.
way!(COUNT_ENDS, PAGE_OF_ENDS,
    sqlite: "numbers INDEXED BY numbers_by_end", "backwards >= $5 AND backwards < $5 || ':'",
    postgres: "(msisdn || '') COLLATE \"C\"",
        "reverse(msisdn) COLLATE \"C\" >= $5 AND reverse(msisdn) COLLATE \"C\" < $5 || ':'");
way!(COUNT_CONTAINS, PAGE_OF_CONTAINS,
    sqlite: "numbers INDEXED BY numbers_on_sale", "instr(msisdn, $5) > 0",
    postgres: "(msisdn || '') COLLATE \"C\"", "msisdn LIKE '%' || $5 || '%'");
way!(COUNT_ENDS_WITH_FEW, PAGE_OF_ENDS_WITH_FEW,
    sqlite: "numbers INDEXED BY numbers_on_sale", "substr(msisdn, -length($5)) = $5",
    postgres: "msisdn COLLATE \"C\"", "right(msisdn, length($5)) = $5");
way!(COUNT_CONTAINS_FEW, PAGE_OF_CONTAINS_FEW,
    sqlite: "numbers INDEXED BY numbers_on_sale", "instr(msisdn, $5) > 0",
    postgres: "msisdn COLLATE \"C\"", "strpos(msisdn, $5) > 0");

impl Store {
    /// How many numbers on sale match, and one page of them in order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn search_numbers(
        &self,
        search: &NumberSearch,
    ) -> Result<(u64, Vec<InventoryNumber>), StoreError> {
        let count = self.count_offers(search).await?;
        if count <= i64::from(search.offset) {
            // Nothing is there to be looked for to the end.
            return Ok((count.unsigned_abs(), Vec::new()));
        }
        let rows: Vec<NumberRow> = self.paging(search, count).fetch_all().await?;
        let numbers: Result<_, _> = rows.into_iter().map(NumberRow::read).collect();
        Ok((count.unsigned_abs(), numbers?))
    }

    /// One page of the numbers on sale that match, in order, without a count of all.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn offers(&self, search: &NumberSearch) -> Result<Vec<InventoryNumber>, StoreError> {
        let count = match Way::of(search) {
            Way::Ends | Way::Contains => self.count_offers(search).await?,
            // The way is the same however many there are.
            _ => 0,
        };
        let rows: Vec<NumberRow> = self.paging(search, count).fetch_all().await?;
        rows.into_iter().map(NumberRow::read).collect()
    }

    /// How the engine means to carry out a search: the plan of its count, and of its page.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn search_plans(&self, search: &NumberSearch) -> Result<[String; 2], StoreError> {
        let count = self.count_offers(search).await?;
        let page = self.paging(search, count).plan().await?;
        Ok([self.counting(search).plan().await?, page])
    }

    async fn count_offers(&self, search: &NumberSearch) -> Result<i64, StoreError> {
        let (count,) = self.counting(search).fetch_one().await?;
        Ok(count)
    }

    fn counting(&self, search: &NumberSearch) -> Query<'_> {
        let way = Way::of(search);
        bind(self.database.query(way.count()), search, way)
    }

    fn paging(&self, search: &NumberSearch, count: i64) -> Query<'_> {
        let way = Way::to_page(search, count);
        bind(self.database.query(way.page()), search, way)
            .bind(i64::from(search.limit))
            .bind(i64::from(search.offset))
    }
}

fn bind<'q>(query: Query<'q>, search: &NumberSearch, way: Way) -> Query<'q> {
    let digits = search.pattern.as_ref().map(|(digits, _)| match way {
        Way::Ends => digits.chars().rev().collect(),
        _ => digits.clone(),
    });
    query
        .bind(search.country.clone())
        .bind(search.kind.clone())
        .bind(search.currency.map(|currency| currency.code()))
        .bind(features_pattern(&search.features))
        .bind(digits)
}

/// `%,SMS,%,VOICE,%`; `_` is a letter in the name of a feature, and none in a pattern.
fn features_pattern(features: &[String]) -> String {
    let words = features.iter().map(|word| format!(",{},%", word.replace('_', "!_")));
    words.fold("%".to_owned(), |pattern, word| pattern + &word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_digits_and_many_matches_are_met_in_order() {
        let way = |digits: &str, matching, count| {
            let search = NumberSearch {
                country: "GB".to_owned(),
                kind: None,
                features: Vec::new(),
                pattern: Some((digits.to_owned(), matching)),
                currency: None,
                offset: 0,
                limit: 20,
            };
            (Way::of(&search), Way::to_page(&search, count))
        };
        assert_eq!(way("712", Match::Ends, MANY), (Way::Ends, Way::Ends));
        assert_eq!(way("712", Match::Ends, MANY + 1), (Way::Ends, Way::EndsWithFew));
        assert_eq!(way("712", Match::Contains, MANY + 1), (Way::Contains, Way::ContainsFew));
        assert_eq!(way("71", Match::Contains, 1), (Way::ContainsFew, Way::ContainsFew));
        assert_eq!(way("7", Match::Starts, MANY + 1), (Way::Starts, Way::Starts));
    }

    #[test]
    fn one_pattern_asks_for_all_features() {
        let words =
            |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        assert_eq!(features_pattern(&[]), "%");
        assert_eq!(features_pattern(&words(&["SMS", "VOICE"])), "%,SMS,%,VOICE,%");
        assert_eq!(features_pattern(&words(&["A_B"])), "%,A!_B,%");
    }
}
