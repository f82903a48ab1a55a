//! Long lists, page by page.

use std::pin::Pin;

use futures_util::{Stream, TryStreamExt as _, stream};

use super::error::{Error, Result};

/// The number of rows that are read at once.
pub(super) const PAGE: u32 = 1_000;

/// A list, read page by page as it is asked for. Each page is of its own moment: a row that changes meanwhile is listed
/// as it is when its page is read.
pub struct Pages<'a, T>(Pin<Box<dyn Stream<Item = Result<Vec<T>>> + 'a>>);

impl<'a, T: 'a> Pages<'a, T> {
    /// At most `limit` rows. `read(after, count)` returns up to `count` rows after the place `after`, and the place of
    /// the last one; no place if there are no more.
    pub(super) fn new<K: 'a, F>(
        limit: Option<u32>,
        mut read: impl FnMut(Option<K>, u32) -> F + 'a,
    ) -> Self
    where
        F: Future<Output = Result<(Vec<T>, Option<K>)>> + 'a,
    {
        // What is left, and the place to continue at; `None` after the last page.
        let begin = Some((limit, None));
        Self(Box::pin(stream::try_unfold(begin, move |state| {
            let wanted = state.as_ref().map(|(left, _)| left.unwrap_or(u32::MAX).min(PAGE));
            let page = wanted.filter(|count| *count > 0).zip(state);
            let page = page.map(|(count, (left, after))| (count, left, read(after, count)));
            async move {
                let Some((count, left, page)) = page else { return Ok::<_, Error>(None) };
                let (rows, place) = page.await?;
                let left = left.map(|left| left.saturating_sub(count));
                Ok(Some((rows, place.map(|place| (left, Some(place))))))
            }
        })))
    }

    /// The next page; `None` after the last one.
    pub async fn next(&mut self) -> Result<Option<Vec<T>>> {
        self.0.try_next().await
    }

    /// The whole list.
    pub async fn all(self) -> Result<Vec<T>> {
        self.0.try_concat().await
    }
}

/// The place of the last of `rows`, if as many were read as were asked for.
pub(super) fn place_after<T, K>(rows: &[T], count: u32, place: impl Fn(&T) -> K) -> Option<K> {
    let is_full = u32::try_from(rows.len()).is_ok_and(|read| read >= count);
    rows.last().filter(|_| is_full).map(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers from 1 to `last`, and how many were asked for on each page.
    async fn read(last: u32, limit: Option<u32>) -> (Vec<u32>, Vec<u32>) {
        let asked = std::cell::RefCell::new(Vec::new());
        let pages = Pages::new(limit, |after: Option<u32>, count| {
            asked.borrow_mut().push(count);
            let first = after.map_or(1, |after| after + 1);
            let rows: Vec<_> = (first..=last).take(count as usize).collect();
            let place = place_after(&rows, count, |row| *row);
            async move { Ok((rows, place)) }
        });
        let all = pages.all().await.expect("rows");
        (all, asked.into_inner())
    }

    #[tokio::test]
    async fn every_row_is_read_once_and_no_more_than_asked_for() {
        for (last, limit, pages) in [
            (0, None, vec![PAGE]),
            (PAGE - 1, None, vec![PAGE]),
            (PAGE, None, vec![PAGE, PAGE]),
            (2 * PAGE + 1, None, vec![PAGE; 3]),
            (2 * PAGE, Some(0), vec![]),
            (2 * PAGE, Some(PAGE), vec![PAGE]),
            (2 * PAGE, Some(PAGE + 1), vec![PAGE, 1]),
            (5, Some(PAGE + 1), vec![PAGE]),
        ] {
            let wanted = last.min(limit.unwrap_or(u32::MAX));
            let (all, asked) = read(last, limit).await;
            assert_eq!(all, (1..=wanted).collect::<Vec<_>>());
            assert_eq!(asked, pages, "{last} rows, {limit:?}");
        }
    }
}
