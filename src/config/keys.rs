//! Every key that there is, as `config/default.toml` has it: the ones without a default stand there
//! behind a `#`.

use super::DEFAULTS;

/// What is shown in place of a secret.
pub(super) const MASK: &str = "********";

/// The keys in the order of the file, each with its sections: `mail.smtp.url`.
pub(super) fn known() -> Vec<String> {
    let mut section = "";
    let mut keys = Vec::new();
    for line in DEFAULTS.lines() {
        if let Some(name) = section_of(line) {
            section = name;
        } else if let Some(name) = key_of(line) {
            keys.push(format!("{section}.{name}"));
        }
    }
    keys
}

/// The sections in the order of the file: `mail`, `mail.smtp`.
pub(super) fn sections() -> impl Iterator<Item = &'static str> {
    DEFAULTS.lines().filter_map(section_of)
}

fn section_of(line: &'static str) -> Option<&'static str> {
    line.strip_prefix('[')?.strip_suffix(']')
}

fn key_of(line: &'static str) -> Option<&'static str> {
    let (name, _) = line.strip_prefix("# ").unwrap_or(line).split_once(" = ")?;
    let is_name = |name: &str| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    Some(name).filter(|name| is_name(name))
}

/// The key that names a file in which the value of `key` may be kept, if there is one: it is there for
/// every secret, and for nothing else.
pub(super) fn file_key(key: &str, known: &[String]) -> Option<String> {
    let file_key = format!("{key}_file");
    known.contains(&file_key).then_some(file_key)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use config::{File, FileFormat};

    use super::super::{Config, DEFAULTS};
    use super::{file_key, known, sections};

    /// The fields of the section, as serde names them where it is given one that there is not.
    fn fields_of(section: &str) -> BTreeSet<String> {
        let key = format!("{section}.no_such_key");
        let layers = config::Config::builder()
            .add_source(File::from_str(DEFAULTS, FileFormat::Toml))
            .set_override(key.trim_start_matches('.'), 1)
            .expect("a path");
        let config = layers.build().expect("the defaults can be read");
        let refusal = config.try_deserialize::<Config>().expect_err("no such key").to_string();
        let (_, expected) = refusal.split_once("expected").expect("a list of what there is");
        let expected = expected.split(" for key ").next().unwrap_or_default();
        expected.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    }

    #[test]
    fn every_key_of_the_program_is_in_the_file_and_every_key_of_the_file_in_the_program() {
        let known = known();
        for section in std::iter::once("").chain(sections()) {
            let prefix = if section.is_empty() { String::new() } else { format!("{section}.") };
            let names = known.iter().cloned().chain(sections().map(str::to_owned));
            let in_the_file = names
                .filter_map(|name| name.strip_prefix(&prefix).map(str::to_owned))
                .filter(|rest| !rest.contains('.'))
                .collect::<BTreeSet<_>>();
            assert_eq!(fields_of(section), in_the_file, "[{section}]");
        }
    }

    #[test]
    fn what_may_be_kept_in_a_file_is_a_secret() {
        let known = known();
        let secrets: Vec<_> = known.iter().filter(|key| file_key(key, &known).is_some()).collect();
        let expected =
            ["database.url", "payments.stripe.api_key", "mail.smtp.url", "mail.smtp.password"];
        assert_eq!(secrets, expected);
        let looks_secret = |key: &&String| {
            ["password", "secret", "token", "api_key"].iter().any(|word| key.ends_with(word))
        };
        for key in known.iter().filter(looks_secret) {
            assert!(secrets.contains(&key), "{key} has no {key}_file, and would be shown");
        }
    }
}
