//! Properties of what reads environment variables.

use std::collections::BTreeMap;

use linerent_testkit::fuzz::check_fewer;
use toml::{Table, Value};

use super::keys::Key;
use super::layers::{Layers, Origin, Raw, Sources};
use super::{DEFAULTS, daemon, settings};

/// The defaults by key.
fn defaults(path: &str, table: &Table, values: &mut BTreeMap<String, Value>) {
    for (name, value) in table {
        let key = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        match value {
            Value::Table(table) => defaults(&key, table, values),
            value => drop(values.insert(key, value.clone())),
        }
    }
}

#[test]
fn any_text_in_a_variable_is_a_value_or_is_refused() {
    let mut values = BTreeMap::new();
    defaults("", &DEFAULTS.parse().expect("the defaults"), &mut values);
    check_fewer("variables", 4, |input| {
        let text = String::from_utf8_lossy(input);
        for key in Key::all() {
            let mut set: BTreeMap<_, _> = values
                .iter()
                .map(|(key, value)| {
                    (key.clone(), Raw { value: value.clone(), origin: Origin::Default })
                })
                .collect();
            let origin = Origin::Variable("LINERENT__X".to_owned());
            // A file that a variable names would be read.
            if key.name.ends_with("_file") {
                continue;
            }
            set.insert(key.name.to_owned(), Raw { value: key.read_variable(&text), origin });
            let sources = Sources {
                file: None,
                variables: Vec::new(),
                has_database: false,
                misspelt_variables: Vec::new(),
            };
            match (Layers { sources, set }).values() {
                Ok(values) => {
                    let _ = settings(&values);
                    daemon::settings(&values);
                }
                Err(error) => {
                    let words = error.to_string();
                    assert!(words.contains(key.name), "{words}");
                }
            }
        }
    });
}
