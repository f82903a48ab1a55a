//! A table over as many pages as it takes.

use std::ops::Range;

use super::Length;

/// What there is room for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// For rows on the first page, all else taken off.
    pub first: Length,
    /// For rows on each later page, with its row for what was brought forward taken off.
    pub later: Length,
    /// What a row takes that carries forward to the next page.
    pub carried: Length,
    /// What the end of the table takes with all that must not be parted from it.
    pub end: Length,
}

/// Rows that stay with the end of the table, so that it never stands on a page alone.
const KEPT: usize = 3;

/// The rows of each page. The end of the table is on the last one.
pub(super) fn paginate(heights: &[Length], room: Room) -> Vec<Range<usize>> {
    let mut pages: Vec<Range<usize>> = Vec::new();
    let mut start = 0;
    loop {
        let space = if pages.is_empty() { room.first } else { room.later };
        let rest: Length = heights[start..].iter().sum();
        if rest + room.end <= space {
            pages.push(start..heights.len());
            return pages;
        }
        let mut end = start + fitting(&heights[start..], space - room.carried);
        if heights.len() - end < KEPT {
            // The end of the table would stand alone, or nearly so: some rows go with it.
            end = heights.len().saturating_sub(KEPT).max(start);
        }
        // A page without a row is none, but for the first, on which there is much else.
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

/// How many of the first rows fit into `space`.
fn fitting(heights: &[Length], space: Length) -> usize {
    let mut used = 0;
    heights
        .iter()
        .take_while(|height| {
            used += **height;
            used <= space
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ROOM: Room = Room { first: 60, later: 90, carried: 10, end: 30 };

    #[test]
    fn what_fits_on_one_page_is_on_one_page() {
        assert_eq!(paginate(&[], ROOM).as_slice(), std::slice::from_ref(&(0..0)));
        assert_eq!(paginate(&[10; 3], ROOM).as_slice(), std::slice::from_ref(&(0..3)));
    }

    #[test]
    fn the_end_of_the_table_takes_rows_with_it() {
        assert_eq!(paginate(&[10; 5], ROOM), [0..2, 2..5]);
        assert_eq!(paginate(&[10; 12], ROOM), [0..5, 5..9, 9..12]);
    }

    #[test]
    fn a_row_that_is_higher_than_a_page_has_one_to_itself() {
        assert_eq!(paginate(&[200, 10], ROOM), [0..0, 0..1, 1..2]);
    }

    proptest! {
        #[test]
        fn every_row_is_on_one_page_and_fits(heights in prop::collection::vec(1_i64..20, 0..300)) {
            let pages = paginate(&heights, ROOM);
            let mut next = 0;
            for (index, rows) in pages.iter().enumerate() {
                prop_assert_eq!(rows.start, next);
                next = rows.end;
                let is_last = index + 1 == pages.len();
                let space = if index == 0 { ROOM.first } else { ROOM.later };
                let below = if is_last { ROOM.end } else { ROOM.carried };
                let used: Length = heights[rows.clone()].iter().sum();
                prop_assert!(used + below <= space, "page {}: {} rows", index, rows.len());
                prop_assert!(!rows.is_empty() || index == 0);
                prop_assert!(!is_last || index == 0 || rows.len() >= KEPT.min(heights.len()));
            }
            prop_assert_eq!(next, heights.len());
        }
    }
}
