//! Texts with variables, for example `Your ${company} code is ${pin}`.
//!
//! A variable is `${`, a name and `}`. Everything else is literal, for example `$5`, `$pin` and `}`. `$$` is not an
//! escape, because prices have a dollar sign before a variable: `$${amount}`.

use thiserror::Error;

/// Positions are in characters, 1-based.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TemplateError {
    /// `${` without `}`.
    #[error("the `${{` at character {0} has no `}}`")]
    Unclosed(usize),
    /// `${}`.
    #[error("the `${{}}` at character {0} has no variable name")]
    Unnamed(usize),
    /// `${pin code}`, `${1st}`.
    #[error(
        "`${{{0}}}` at character {1} is not a valid variable: a name has 1 to {NAME_MAX} letters, digits and `_`, and begins with a letter"
    )]
    Malformed(String, usize),
}

const NAME_MAX: usize = 32;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template<'a> {
    parts: Vec<Part<'a>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part<'a> {
    Text(&'a str),
    Variable(&'a str),
}

impl<'a> Template<'a> {
    pub fn parse(text: &'a str) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let position = text[..text.len() - after.len()].chars().count() - 1;
            let (name, behind) = after
                .split_once('}')
                .filter(|(name, _)| !name.contains("${"))
                .ok_or(TemplateError::Unclosed(position))?;
            if name.is_empty() {
                return Err(TemplateError::Unnamed(position));
            }
            if !is_name(name) {
                return Err(TemplateError::Malformed(name.to_owned(), position));
            }
            parts.extend([Part::Text(before), Part::Variable(name)]);
            rest = behind;
        }
        parts.push(Part::Text(rest));
        Ok(Self { parts })
    }

    /// The names of the variables in order, with duplicates.
    pub fn variables(&self) -> impl Iterator<Item = &'a str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Variable(name) => Some(*name),
            Part::Text(_) => None,
        })
    }

    /// Replaces each variable by `value_of` its name.
    pub fn filled<'v>(&self, value_of: impl Fn(&str) -> &'v str) -> String {
        let texts = self.parts.iter().map(|part| match part {
            Part::Text(text) => *text,
            Part::Variable(name) => value_of(name),
        });
        texts.collect()
    }
}

fn is_name(name: &str) -> bool {
    name.len() <= NAME_MAX
        && name.starts_with(|it: char| it.is_ascii_alphabetic())
        && name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn variables(text: &str) -> Vec<&str> {
        Template::parse(text).expect("a template").variables().collect()
    }

    fn error(text: &str) -> String {
        Template::parse(text).expect_err("an error").to_string()
    }

    #[test]
    fn variables_are_found_anywhere() {
        assert_eq!(variables("Your ${company} code is ${pin}"), ["company", "pin"]);
        assert_eq!(variables("${a}${b_2}${a}"), ["a", "b_2", "a"]);
        assert_eq!(variables("You paid $${amount}"), ["amount"]);
    }

    #[test]
    fn a_dollar_sign_alone_is_literal() {
        for text in ["", "$5", "$pin", "$ {pin}", "{pin}", "}", "$", "$$", "a$"] {
            assert_eq!(variables(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn invalid_variables_are_errors() {
        assert_eq!(error("Your code: ${pin"), "the `${` at character 12 has no `}`");
        assert_eq!(error("${"), "the `${` at character 1 has no `}`");
        assert_eq!(error("Ça ${pin ${company}"), "the `${` at character 4 has no `}`");
        assert_eq!(error("${a}${}"), "the `${}` at character 5 has no variable name");
        for name in ["pin code", " pin", "1st", "_pin", "pín", "a-b", &"a".repeat(33)] {
            let error = error(&format!("${{{name}}}"));
            assert!(error.starts_with(&format!("`${{{name}}}` at character 1 is not")), "{error}");
        }
    }

    #[test]
    fn variables_are_replaced_by_values() {
        let template = Template::parse("You paid $${amount} to ${company}.").expect("a template");
        let value_of = |name: &str| if name == "amount" { "5" } else { "${pin}" };
        assert_eq!(template.filled(value_of), "You paid $5 to ${pin}.");
    }

    proptest! {
        #[test]
        fn a_parsed_template_can_be_written_again(text in "[a-c$ {}é]{0,40}") {
            if let Ok(template) = Template::parse(&text) {
                let named: Vec<String> =
                    template.variables().map(|name| format!("${{{name}}}")).collect();
                let value_of = |name: &str| {
                    let written = named.iter().find(|it| it[2..it.len() - 1] == *name);
                    written.map_or("", String::as_str)
                };
                prop_assert_eq!(template.filled(value_of), text);
            }
        }
    }
}
