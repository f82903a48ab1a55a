//! Validates JSON by a schema, as far as the schemas in `docs/schema` go, and more strictly: a field that the schema
//! does not describe is refused, formats are checked, and a keyword that is not known here panics.

use chrono::{DateTime, NaiveDate};
use serde_json::{Map, Value};

/// What is wrong with `value`, each with its path; nothing if it is valid.
pub fn faults(schema: &Value, value: &Value) -> Vec<String> {
    let mut validator = Validator { root: schema, faults: Vec::new() };
    validator.check(schema, value, "");
    validator.faults
}

struct Validator<'s> {
    root: &'s Value,
    faults: Vec<String>,
}

impl<'s> Validator<'s> {
    fn check(&mut self, schema: &'s Value, value: &Value, path: &str) {
        let schema = schema.as_object().expect("a schema is an object");
        for (keyword, wanted) in schema {
            if let Some(fault) = self.fault_of(schema, keyword, wanted, value, path) {
                self.faults.push(format!("{path}: {fault}"));
            }
        }
    }

    /// What `value` itself does wrong by one keyword. The faults of its parts are noted on the way.
    fn fault_of(
        &mut self,
        schema: &'s Map<String, Value>,
        keyword: &str,
        wanted: &'s Value,
        value: &Value,
        path: &str,
    ) -> Option<String> {
        let is_valid = match keyword {
            "$schema" | "$defs" | "title" | "description" => true,
            "$ref" => {
                self.check(self.definition(wanted), value, path);
                true
            }
            "type" => match wanted {
                Value::Array(types) => types.iter().any(|it| has_type(value, text(it))),
                one => has_type(value, text(one)),
            },
            "const" => value == wanted,
            "enum" => list(wanted).contains(value),
            "anyOf" => self.count_valid(wanted, value) > 0,
            "oneOf" => self.count_valid(wanted, value) == 1,
            "properties" => {
                let wanted = wanted.as_object().expect("`properties` is an object");
                for (name, part) in value.as_object().into_iter().flatten() {
                    let path = format!("{path}/{name}");
                    match wanted.get(name) {
                        Some(schema) => self.check(schema, part, &path),
                        None => self.faults.push(format!("{path}: the schema does not have it")),
                    }
                }
                true
            }
            "required" => {
                let has = |name: &Value| value.get(text(name)).is_some();
                !value.is_object() || list(wanted).iter().all(has)
            }
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    self.check(wanted, item, &format!("{path}/{index}"));
                }
                true
            }
            "minimum" => value.as_number().is_none_or(|it| whole(it) >= whole_of(wanted)),
            "minLength" => value.as_str().is_none_or(|it| length(it) >= whole_of(wanted)),
            "maxLength" => value.as_str().is_none_or(|it| length(it) <= whole_of(wanted)),
            "pattern" => {
                assert_eq!(text(wanted), DECIMAL, "the pattern is not known");
                value.as_str().is_none_or(is_decimal)
            }
            "format" => has_format(value, text(wanted)),
            other => panic!("the keyword `{other}` is not known: {schema:?}"),
        };
        (!is_valid).then(|| format!("{value} breaks `{keyword}`: {wanted}"))
    }

    fn definition(&self, reference: &Value) -> &'s Value {
        let name = text(reference).strip_prefix("#/$defs/").expect("a reference to `$defs`");
        self.root["$defs"].get(name).expect("the definition")
    }

    fn count_valid(&self, schemas: &'s Value, value: &Value) -> usize {
        let is_valid = |schema: &&'s Value| {
            let mut part = Validator { root: self.root, faults: Vec::new() };
            part.check(schema, value, "");
            part.faults.is_empty()
        };
        list(schemas).iter().filter(is_valid).count()
    }
}

const DECIMAL: &str = r"^-?\d+(\.\d+)?$";

fn is_decimal(value: &str) -> bool {
    let is_digits = |it: &str| !it.is_empty() && it.chars().all(|c| c.is_ascii_digit());
    let unsigned = value.strip_prefix('-').unwrap_or(value);
    match unsigned.split_once('.') {
        Some((units, decimals)) => is_digits(units) && is_digits(decimals),
        None => is_digits(unsigned),
    }
}

fn has_type(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("the type `{other}` is not known"),
    }
}

/// A format is of values of one type; others have their fault from `type`.
fn has_format(value: &Value, name: &str) -> bool {
    match name {
        "date" => value.as_str().is_none_or(|it| it.parse::<NaiveDate>().is_ok()),
        "date-time" => value.as_str().is_none_or(|it| DateTime::parse_from_rfc3339(it).is_ok()),
        "uint" | "uint64" => value.as_number().is_none_or(serde_json::Number::is_u64),
        "uint32" => value.as_number().is_none_or(|it| u32::try_from(whole(it)).is_ok()),
        other => panic!("the format `{other}` is not known"),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text in the schema")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list in the schema")
}

fn whole(number: &serde_json::Number) -> i128 {
    number.as_i128().expect("a whole number")
}

fn whole_of(value: &Value) -> i128 {
    whole(value.as_number().expect("a number in the schema"))
}

fn length(text: &str) -> i128 {
    i128::try_from(text.chars().count()).expect("a length")
}

#[test]
fn what_breaks_a_keyword_is_found() {
    let schema = serde_json::json!({
        "$defs": {"money": {"type": "string", "pattern": DECIMAL}},
        "type": "object",
        "required": ["id"],
        "properties": {
            "id": {"type": "integer", "format": "uint32", "minimum": 3},
            "amount": {"$ref": "#/$defs/money"},
            "on": {"type": ["string", "null"], "format": "date"},
            "at": {"type": "string", "format": "date-time"},
            "word": {"enum": ["a", "b"]},
            "name": {"minLength": 2, "maxLength": 3},
            "either": {"anyOf": [{"const": 1}, {"type": "string"}]},
            "one": {"oneOf": [{"type": "string"}, {"const": "x"}]},
            "list": {"type": "array", "items": {"type": "boolean"}},
        },
    });
    let valid = serde_json::json!({
        "id": 3, "amount": "-1.50", "on": null, "at": "2026-01-31T00:00:00Z", "word": "b", "name": "äöü",
        "either": "", "one": "y", "list": [true, false],
    });
    assert_eq!(faults(&schema, &valid), Vec::<String>::new());
    assert_eq!(faults(&schema, &serde_json::json!([])).len(), 1);
    assert_eq!(faults(&schema, &serde_json::json!({})).len(), 1);
    let wrong = [
        ("id", "2 4294967296 -1 \"3\" null"),
        ("amount", "1 \"\" \"1.\" \".5\" \"1,5\" \"--1\""),
        ("on", "1 \"2026-02-30\" \"today\""),
        ("at", "\"2026-01-31\" \"2026-01-31T00:00:00\" null"),
        ("word", "\"c\" 1"),
        ("name", "\"a\" \"abcd\""),
        ("either", "2 null"),
        ("one", "\"x\" 1"),
        ("list", "[1] [true,null] {} \"\""),
        ("other", "1"),
    ];
    for (field, values) in wrong {
        for value in values.split(' ') {
            let mut document = valid.clone();
            document[field] = serde_json::from_str(value).expect("JSON");
            let faults = faults(&schema, &document);
            assert!(
                faults.iter().any(|it| it.starts_with(&format!("/{field}"))),
                "{field}: {value}"
            );
        }
    }
}
