//! `docs/refusals.md` has a row for each refusal, with its code and its data.

use std::collections::BTreeMap;

use linerent::cli::refusals::CommandRefusal;
use linerent::operations::Refusal;
use strum::VariantNames as _;

/// The data of a refusal, by its code.
type Data = BTreeMap<String, Vec<String>>;

#[test]
fn the_page_has_every_refusal_with_its_data() {
    let operations = include_str!("../../../src/operations/refusal.rs");
    let command_line = include_str!("../../../src/cli/refusals/command.rs");
    let mut variants = variants_of(operations, "pub enum Refusal {");
    variants.extend(variants_of(command_line, "pub enum CommandRefusal {"));
    let codes: Vec<_> = [Refusal::VARIANTS, CommandRefusal::VARIANTS].concat();
    let mut known: Vec<_> = variants.keys().map(String::as_str).collect();
    let mut wanted = codes.clone();
    known.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(known, wanted, "the variants were read from the sources");
    let rows = rows_of(include_str!("../../../docs/refusals.md"));
    let documented: Data = rows.iter().cloned().collect();
    assert_eq!(documented.len(), rows.len(), "a code has one row");
    assert_eq!(documented, variants);
}

/// The variants of an enum in a source, each with the names of its fields.
fn variants_of(source: &str, beginning: &str) -> Data {
    let body = source.split(beginning).nth(1).expect("the enum");
    let body = body.split("\n}").next().expect("its end");
    let mut variants = Data::new();
    let mut last = String::new();
    for line in body.lines() {
        let (depth, line) = (line.len() - line.trim_start().len(), line.trim());
        if line.starts_with("//") || line.is_empty() || line.starts_with('}') {
            continue;
        }
        let fields = if depth == 4 {
            let name = line.split([' ', ',']).next().unwrap_or_default();
            last = snake_case(name);
            line.split_once('{').map(|(_, fields)| fields.trim_end_matches("},"))
        } else {
            Some(line)
        };
        let fields = fields.unwrap_or_default().split(',');
        let names = fields.filter_map(|field| field.split_once(':').map(|(name, _)| name.trim()));
        variants.entry(last.clone()).or_default().extend(names.map(str::to_owned));
    }
    variants
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

/// The code and the data of each row of the page's tables.
fn rows_of(page: &str) -> Vec<(String, Vec<String>)> {
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let cells: Vec<_> = row.split(" |").collect();
        assert!(cells.len() >= 5, "a code, data, when and a message: {row}");
        let names = |cell: &str| -> Vec<String> {
            cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
        };
        (names(cells[0]).concat(), names(cells[1]))
    })
    .collect()
}
