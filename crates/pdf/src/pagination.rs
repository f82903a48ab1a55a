//! Divides a table into pages.

use std::ops::Range;

use crate::Length;

/// Heights in which rows and the end of the table have to fit.
#[derive(Debug, Clone, Copy)]
pub(super) struct PageSpace {
    /// For rows on the first page.
    pub first: Length,
    /// For rows on each later page, after its row "Brought forward".
    pub later: Length,
    /// The height of the row "Carried forward".
    pub carried: Length,
    /// The height of the end of the table: the closing balance and everything below it.
    pub end: Length,
}

/// At least this many rows are on the page with the end of the table.
const LAST_PAGE_ROWS_MIN: usize = 3;

/// The rows of each page, given the height of each row. The last page also has the end of the table.
pub(super) fn paginate(heights: &[Length], space: PageSpace) -> Vec<Range<usize>> {
    let mut pages: Vec<Range<usize>> = Vec::new();
    let mut start = 0;
    loop {
        let height = if pages.is_empty() { space.first } else { space.later };
        let rest: Length = heights[start..].iter().sum();
        if rest + space.end <= height {
            pages.push(start..heights.len());
            return pages;
        }
        let mut end = start + fitting(&heights[start..], height - space.carried);
        if heights.len() - end < LAST_PAGE_ROWS_MIN {
            end = heights.len().saturating_sub(LAST_PAGE_ROWS_MIN).max(start);
        }
        // Only the first page can be without rows, because it has other content.
        if end == start && !pages.is_empty() {
            end = (start + 1).min(heights.len());
        }
        pages.push(start..end);
        if end == heights.len() && start == end && pages.len() > 1 {
            return pages;
        }
        start = end;
    }
}

/// The number of leading rows that fit into `height`.
fn fitting(heights: &[Length], height: Length) -> usize {
    let mut used = 0;
    heights
        .iter()
        .take_while(|row| {
            used += **row;
            used <= height
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SPACE: PageSpace = PageSpace { first: 60, later: 90, carried: 10, end: 30 };

    #[test]
    fn a_table_that_fits_on_one_page_is_on_one_page() {
        assert_eq!(paginate(&[], SPACE).as_slice(), std::slice::from_ref(&(0..0)));
        assert_eq!(paginate(&[10; 3], SPACE).as_slice(), std::slice::from_ref(&(0..3)));
    }

    #[test]
    fn rows_stay_with_the_end_of_the_table() {
        assert_eq!(paginate(&[10; 5], SPACE), [0..2, 2..5]);
        assert_eq!(paginate(&[10; 12], SPACE), [0..5, 5..9, 9..12]);
    }

    #[test]
    fn a_row_that_is_higher_than_a_page_has_a_page_of_its_own() {
        assert_eq!(paginate(&[200, 10], SPACE), [0..0, 0..1, 1..2]);
    }

    proptest! {
        #[test]
        fn every_row_is_on_one_page_and_fits(heights in prop::collection::vec(1_i64..20, 0..300)) {
            let pages = paginate(&heights, SPACE);
            let mut next = 0;
            for (index, rows) in pages.iter().enumerate() {
                prop_assert_eq!(rows.start, next);
                next = rows.end;
                let is_last = index + 1 == pages.len();
                let height = if index == 0 { SPACE.first } else { SPACE.later };
                let below = if is_last { SPACE.end } else { SPACE.carried };
                let used: Length = heights[rows.clone()].iter().sum();
                prop_assert!(used + below <= height, "page {}: {} rows", index, rows.len());
                prop_assert!(!rows.is_empty() || index == 0);
                prop_assert!(!is_last || index == 0 || rows.len() >= LAST_PAGE_ROWS_MIN.min(heights.len()));
            }
            prop_assert_eq!(next, heights.len());
        }
    }
}
