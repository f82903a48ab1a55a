//! Texts with variables: `Your ${company} code is ${pin}`.
//!
//! A variable is `${`, a name and `}`. All else is plain text: `$5`, `$pin`, `}`. There is no escape,
//! because a price is written with a dollar sign before a variable: `$${amount}`.

use thiserror::Error;

/// Why a text is no template. Positions count characters from 1.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TemplateError {
    /// `${` without its end.
    #[error("the `${{` at character {0} has no `}}`")]
    Unclosed(usize),
    /// `${}`.
    #[error("the `${{}}` at character {0} names no variable")]
    Unnamed(usize),
    /// `${pin code}`, `${1st}`.
    #[error(
        "`${{{0}}}` at character {1} is not a variable: a name has 1 to {NAME_MAX} letters, digits and `_`, and begins with a letter"
    )]
    Malformed(String, usize),
}

/// Characters of a variable's name.
const NAME_MAX: usize = 32;

/// A text that was read.
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
    /// Reads a text.
    ///
    /// # Errors
    /// [`TemplateError`], of the first variable that is not well formed.
    pub fn read(text: &'a str) -> Result<Self, TemplateError> {
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

    /// The names of its variables, each as often as it is there.
    pub fn variables(&self) -> impl Iterator<Item = &'a str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Variable(name) => Some(*name),
            Part::Text(_) => None,
        })
    }

    /// The text with `value_of` each variable in its place.
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
        Template::read(text).expect("a template").variables().collect()
    }

    fn error(text: &str) -> String {
        Template::read(text).expect_err("no template").to_string()
    }

    #[test]
    fn variables_are_found_wherever_they_are() {
        assert_eq!(variables("Your ${company} code is ${pin}"), ["company", "pin"]);
        assert_eq!(variables("${a}${b_2}${a}"), ["a", "b_2", "a"]);
        assert_eq!(variables("You paid $${amount}"), ["amount"]);
    }

    #[test]
    fn a_dollar_sign_alone_is_plain() {
        for text in ["", "$5", "$pin", "$ {pin}", "{pin}", "}", "$", "$$", "a$"] {
            assert_eq!(variables(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        assert_eq!(error("Your code: ${pin"), "the `${` at character 12 has no `}`");
        assert_eq!(error("${"), "the `${` at character 1 has no `}`");
        assert_eq!(error("Ça ${pin ${company}"), "the `${` at character 4 has no `}`");
        assert_eq!(error("${a}${}"), "the `${}` at character 5 names no variable");
        for name in ["pin code", " pin", "1st", "_pin", "pín", "a-b", &"a".repeat(33)] {
            let told = error(&format!("${{{name}}}"));
            assert!(told.starts_with(&format!("`${{{name}}}` at character 1 is not")), "{told}");
        }
    }

    #[test]
    fn values_are_filled_in() {
        let template = Template::read("You paid $${amount} to ${company}.").expect("a template");
        let value_of = |name: &str| if name == "amount" { "5" } else { "${pin}" };
        assert_eq!(template.filled(value_of), "You paid $5 to ${pin}.");
    }

    proptest! {
        #[test]
        fn whatever_is_read_can_be_written_again(text in "[a-c$ {}é]{0,40}") {
            if let Ok(template) = Template::read(&text) {
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
