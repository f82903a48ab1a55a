//! Prints long lists page by page, as they are read: the memory that a list takes does not grow with its length.

use anyhow::Result;
use serde::Serialize;

use crate::cli::output::{self, Screen};
use crate::cli::table::{Layout, table, width_of_terminal};
use crate::operations::pages::Pages;
use crate::text::harmless_json;

/// How a list is shown to people.
pub struct Columns<V> {
    /// What it lists, in the plural.
    pub things: &'static str,
    pub heading: &'static [&'static str],
    /// The indexes of columns that are aligned to the right.
    pub right: &'static [usize],
    pub row: fn(&V) -> Vec<String>,
}

impl<V> Columns<V> {
    /// The table of a short list.
    pub fn table(&self, views: &[V]) -> String {
        table(self.things, self.heading, self.right, views.iter().map(self.row))
    }
}

/// A list in a format, page by page.
pub trait Listed<V> {
    fn page(&mut self, views: &[V]) -> Result<String>;
    /// What follows the last page.
    fn end(&mut self) -> String;
}

/// One array.
#[derive(Default)]
pub struct JsonArray {
    has_begun: bool,
}

impl<V: Serialize> Listed<V> for JsonArray {
    fn page(&mut self, views: &[V]) -> Result<String> {
        let mut text = String::new();
        for view in views {
            text.push_str(if self.has_begun { ",\n  " } else { "[\n  " });
            self.has_begun = true;
            // A string has no line break in JSON, so that each one is between values.
            let value = serde_json::to_string_pretty(view)?.replace('\n', "\n  ");
            text.push_str(&harmless_json(&value));
        }
        Ok(text)
    }

    fn end(&mut self) -> String {
        if self.has_begun { "\n]\n" } else { "[]\n" }.to_owned()
    }
}

/// A table. The first page says how wide its columns are; a later page that needs more takes more.
pub struct PagedTable<'a, V> {
    columns: &'a Columns<V>,
    layout: Option<Layout<'a>>,
}

impl<'a, V> PagedTable<'a, V> {
    pub const fn new(columns: &'a Columns<V>) -> Self {
        Self { columns, layout: None }
    }
}

impl<V> Listed<V> for PagedTable<'_, V> {
    fn page(&mut self, views: &[V]) -> Result<String> {
        if views.is_empty() {
            return Ok(String::new());
        }
        let Columns { heading, right, row, .. } = self.columns;
        let rows: Vec<_> = views.iter().map(row).collect();
        let text = match &self.layout {
            Some(layout) => layout.rows(&rows),
            None => {
                let layout = Layout::new(heading, right, &rows, width_of_terminal());
                let text = layout.heading_and(&rows);
                self.layout = Some(layout);
                text
            }
        };
        Ok(text + "\n")
    }

    fn end(&mut self) -> String {
        match self.layout {
            Some(_) => String::new(),
            None => format!("no {}\n", self.columns.things),
        }
    }
}

/// Writes every page of a list by `write`, which returns whether anyone still reads. Stops after `limit` rows, and
/// returns whether there are more.
pub async fn write_pages<T, V: for<'t> From<&'t T>>(
    mut pages: Pages<'_, T>,
    limit: Option<u32>,
    list: &mut dyn Listed<V>,
    mut write: impl FnMut(&str) -> Result<bool>,
) -> Result<bool> {
    let mut left = limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let mut are_more = false;
    while let Some(page) = pages.next().await? {
        are_more |= page.len() > left;
        let views: Vec<_> = page.iter().take(left).map(V::from).collect();
        left -= views.len();
        if !write(&list.page(&views)?)? {
            return Ok(false);
        }
    }
    write(&list.end())?;
    Ok(are_more)
}

impl Screen {
    /// Prints a list.
    pub async fn show_pages<T, V: Serialize + for<'t> From<&'t T>>(
        self,
        pages: Pages<'_, T>,
        columns: &Columns<V>,
    ) -> Result<()> {
        let mut list = self.listed(columns);
        write_pages(pages, None, &mut *list, output::print_part).await?;
        Ok(())
    }

    /// Prints the newest `limit` of a list that is read with one more, and notes if there are more.
    pub async fn show_newest_pages<T, V: Serialize + for<'t> From<&'t T>>(
        self,
        pages: Pages<'_, T>,
        limit: u32,
        thing: &str,
        columns: &Columns<V>,
    ) -> Result<()> {
        let mut list = self.listed(columns);
        if write_pages(pages, Some(limit), &mut *list, output::print_part).await? {
            output::note_more(limit, thing);
        }
        Ok(())
    }

    fn listed<'a, V: Serialize + 'a>(self, columns: &'a Columns<V>) -> Box<dyn Listed<V> + 'a> {
        if self.json { Box::<JsonArray>::default() } else { Box::new(PagedTable::new(columns)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_json_are_one_document_as_it_would_be_printed_at_once() {
        #[derive(Serialize)]
        struct View {
            name: &'static str,
            list: Vec<u8>,
        }
        let views = ["a\nb", "c", "d"].map(|name| View { name, list: vec![1, 2] });
        for parts in [&[(0, 3)][..], &[(0, 1), (1, 3)], &[(0, 0), (0, 2), (2, 2), (2, 3)]] {
            let mut array = JsonArray::default();
            let pages =
                parts.iter().map(|(from, to)| array.page(&views[*from..*to]).expect("JSON"));
            let pages: String = pages.collect();
            let whole = pages + &Listed::<View>::end(&mut array);
            assert_eq!(whole, serde_json::to_string_pretty(&views).expect("JSON") + "\n");
        }
        assert_eq!(Listed::<View>::end(&mut JsonArray::default()), "[]\n");
    }

    #[test]
    fn a_later_page_keeps_the_columns_of_the_first_if_it_can() {
        let columns = Columns::<[&'static str; 3]> {
            things: "things",
            heading: &["key", "amount", "name"],
            right: &[1],
            row: |row| row.map(str::to_owned).to_vec(),
        };
        let mut table = PagedTable::new(&columns);
        let mut page = |rows: &[[&'static str; 3]]| table.page(rows).expect("a table");
        let text = [
            page(&[["a0000001", "1.00", "Ada"], ["b", "100.00", "Eve"]]),
            page(&[["c", "2.00", "A longer name"]]),
            page(&[["d", "1000000.00", "Bob"]]),
            page(&[["e", "3.00", "Zoe"]]),
        ];
        insta::assert_snapshot!(text.concat(), @r"
        KEY       AMOUNT  NAME
        a0000001    1.00  Ada
        b         100.00  Eve
        c           2.00  A longer name
        d         1000000.00  Bob
        e           3.00  Zoe
        ");
        assert_eq!(table.end(), "");
        assert_eq!(PagedTable::new(&columns).end(), "no things\n");
    }
}
