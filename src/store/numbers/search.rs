//! Searches the numbers on sale by their digits; there may be ten million.
//!
//! Each kind of search has its own index and its own statement, chosen by [`IndexPath`], so that the
//! engine does not have to choose. A page is found in the index alone, and only its rows are then read
//! from the table. The count reads only the index.

use crate::rental::{InventoryNumber, Match, NumberSearch, NumberType};
use crate::store::engine::{Query, Sql};
use crate::store::error::StoreError;
use crate::store::numbers::rows::NumberRow;
use crate::store::open::Store;

/// Which index a search uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum IndexPath {
    /// All numbers of the country, in order, from `numbers_on_sale`.
    All,
    /// A range in order, between the pattern and its successor.
    Starts,
    /// By the last digits, from `numbers_by_end`.
    Ends,
    /// By groups of three digits, from `numbers_by_part`.
    Contains,
    /// In order, testing each number: too many end with the same one or two digits for an index to
    /// help.
    EndsWithFew,
    /// In order, testing each number: one or two digits are not a group of three.
    ContainsFew,
}

/// A search with fewer digits does not use an index of its own.
const FEW: usize = 3;

/// With more matches than this, the page is read in order instead of sorting all matches.
const MANY: i64 = 20_000;

impl IndexPath {
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

    /// How to read a page if `count` numbers match: many matches are soon found in order, while another
    /// index would require sorting all of them.
    fn to_page(search: &NumberSearch, count: i64) -> Self {
        match Self::of(search) {
            Self::Ends if count > MANY => Self::EndsWithFew,
            Self::Contains if count > MANY => Self::ContainsFew,
            path => path,
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

/// The conditions of every search, from the most selective to the most expensive. The list of features
/// is sorted and has each word between commas; with the commas doubled, one LIKE tests all of them.
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

/// The count and the page of one kind of search. SQLite has no statistics, so the statement names the
/// index. For PostgreSQL it names the order in which the numbers are found.
macro_rules! statements {
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

statements!(COUNT_ALL, PAGE_OF_ALL,
    sqlite: "numbers INDEXED BY numbers_on_sale", "$5 IS NULL",
    postgres: "msisdn COLLATE \"C\"", "$5 IS NULL");
// `:` sorts directly after the digits.
statements!(COUNT_STARTS, PAGE_OF_STARTS,
    sqlite: "numbers INDEXED BY numbers_on_sale", "msisdn >= $5 AND msisdn < $5 || ':'",
    postgres: "msisdn COLLATE \"C\"",
        "msisdn COLLATE \"C\" >= $5 AND msisdn COLLATE \"C\" < $5 || ':'");
// The pattern is reversed. Appending an empty string to the order prevents PostgreSQL from scanning all
// numbers in order until it has found enough.
statements!(COUNT_ENDS, PAGE_OF_ENDS,
    sqlite: "numbers INDEXED BY numbers_by_end", "msisdn_reversed >= $5 AND msisdn_reversed < $5 || ':'",
    postgres: "(msisdn || '') COLLATE \"C\"",
        "reverse(msisdn) COLLATE \"C\" >= $5 AND reverse(msisdn) COLLATE \"C\" < $5 || ':'");
statements!(COUNT_CONTAINS, PAGE_OF_CONTAINS,
    sqlite: "numbers INDEXED BY numbers_on_sale", "instr(msisdn, $5) > 0",
    postgres: "(msisdn || '') COLLATE \"C\"", "msisdn LIKE '%' || $5 || '%'");
statements!(COUNT_ENDS_WITH_FEW, PAGE_OF_ENDS_WITH_FEW,
    sqlite: "numbers INDEXED BY numbers_on_sale", "substr(msisdn, -length($5)) = $5",
    postgres: "msisdn COLLATE \"C\"", "right(msisdn, length($5)) = $5");
statements!(COUNT_CONTAINS_FEW, PAGE_OF_CONTAINS_FEW,
    sqlite: "numbers INDEXED BY numbers_on_sale", "instr(msisdn, $5) > 0",
    postgres: "msisdn COLLATE \"C\"", "strpos(msisdn, $5) > 0");

impl Store {
    /// How many numbers on sale match, and one page of them in order.
    pub async fn search_numbers(
        &self,
        search: &NumberSearch,
    ) -> Result<(u64, Vec<InventoryNumber>), StoreError> {
        let count = self.count_offers(search).await?;
        if count <= i64::from(search.offset) {
            // The page is empty.
            return Ok((count.unsigned_abs(), Vec::new()));
        }
        let rows: Vec<NumberRow> = self.paging(search, count).fetch_all().await?;
        let numbers: Result<_, _> = rows.into_iter().map(NumberRow::into_number).collect();
        Ok((count.unsigned_abs(), numbers?))
    }

    /// One page of the matching numbers on sale, in order, without the total count.
    pub async fn offers(&self, search: &NumberSearch) -> Result<Vec<InventoryNumber>, StoreError> {
        let count = match IndexPath::of(search) {
            IndexPath::Ends | IndexPath::Contains => self.count_offers(search).await?,
            // The count does not change the path.
            _ => 0,
        };
        let rows: Vec<NumberRow> = self.paging(search, count).fetch_all().await?;
        rows.into_iter().map(NumberRow::into_number).collect()
    }

    /// The query plans of the count and of the page.
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
        let path = IndexPath::of(search);
        bind(self.database.query(path.count()), search, path)
    }

    fn paging(&self, search: &NumberSearch, count: i64) -> Query<'_> {
        let path = IndexPath::to_page(search, count);
        bind(self.database.query(path.page()), search, path)
            .bind(i64::from(search.limit))
            .bind(i64::from(search.offset))
    }
}

fn bind<'q>(query: Query<'q>, search: &NumberSearch, path: IndexPath) -> Query<'q> {
    let digits = search.pattern.as_ref().map(|(digits, _)| match path {
        IndexPath::Ends => digits.chars().rev().collect(),
        _ => digits.clone(),
    });
    query
        .bind(search.country.clone())
        .bind(search.kind.map(NumberType::as_str))
        .bind(search.currency.map(|currency| currency.code()))
        .bind(features_pattern(&search.features))
        .bind(digits)
}

/// `%,SMS,%,VOICE,%`; `_` is escaped, because it can be part of a feature's name.
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
            (IndexPath::of(&search), IndexPath::to_page(&search, count))
        };
        assert_eq!(way("712", Match::Ends, MANY), (IndexPath::Ends, IndexPath::Ends));
        assert_eq!(way("712", Match::Ends, MANY + 1), (IndexPath::Ends, IndexPath::EndsWithFew));
        assert_eq!(
            way("712", Match::Contains, MANY + 1),
            (IndexPath::Contains, IndexPath::ContainsFew)
        );
        assert_eq!(way("71", Match::Contains, 1), (IndexPath::ContainsFew, IndexPath::ContainsFew));
        assert_eq!(way("7", Match::Starts, MANY + 1), (IndexPath::Starts, IndexPath::Starts));
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
