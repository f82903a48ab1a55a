//! The texts of the sources.

use std::path::Path;

use super::sources_below;

/// The modules that talk to the operator, who has a command line: both programs, and the words that they share.
const INTERFACES: [&str; 3] = ["cli", "daemon", "remedies"];

#[test]
fn nothing_below_the_command_line_names_a_command_or_an_option() {
    let commands = commands();
    assert!(commands.len() > 15, "only {} commands were found", commands.len());
    let names_a_command = |literal: &str| {
        literal.split("linerent ").skip(1).any(|rest| {
            let word = rest.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
            commands.iter().any(|command| command == word)
        })
    };
    let mut offences = Vec::new();
    for (module, name, text) in sources_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        if INTERFACES.contains(&&*module) {
            continue;
        }
        let literals = string_literals(&text).into_iter();
        let offending = literals.filter(|it| it.contains("`--") || names_a_command(it));
        offences.extend(offending.map(|literal| format!("{name}: {literal}")));
    }
    assert_eq!(offences, Vec::<String>::new());
}

#[test]
fn string_literals_are_told_from_comments_and_characters() {
    let text = r###"
        // "a comment"
        /* "another */ let a = 'x'; let quote = '"'; let b = "one \" two";
        let c = r#"raw " text"#; fn f<'a>(it: &'a str) {} // it's "nothing"
        let d = b"bytes"; let e = '\''; let g = "last";
    "###;
    assert_eq!(string_literals(text), ["one \\\" two", "raw \" text", "bytes", "last"]);
}

/// The names of the commands, from their enum.
fn commands() -> Vec<String> {
    let source = include_str!("../../../src/cli/mod.rs");
    let variants = source.split("enum Command {").nth(1).expect("the commands");
    let lines = variants.lines().take_while(|line| *line != "}").map(str::trim);
    let names = lines.filter_map(|line| line.split_once('(')).map(|(name, _)| name.to_lowercase());
    names.filter(|name| name.bytes().all(|byte| byte.is_ascii_lowercase())).collect()
}

/// The texts between quotation marks, as they are written, without those in comments.
fn string_literals(text: &str) -> Vec<String> {
    let mut literals = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |at| at + 2)
        } else if first == '\'' {
            character_length(rest)
        } else if let Some((literal, end)) = raw_literal(rest).or_else(|| plain_literal(rest)) {
            literals.push(literal.to_owned());
            end
        } else {
            first.len_utf8()
        };
        rest = &rest[end..];
    }
    literals
}

/// The length of a character literal, or of the apostrophe of a lifetime.
fn character_length(text: &str) -> usize {
    let mut characters = text.char_indices().skip(1);
    let escaped = matches!(characters.next(), Some((_, '\\')));
    if escaped {
        let end = text[3..].find('\'');
        return end.map_or(1, |at| at + 4);
    }
    match characters.next() {
        Some((at, '\'')) => at + 1,
        _ => 1,
    }
}

/// The literal at the beginning, and the length of it with its quotation marks.
fn plain_literal(text: &str) -> Option<(&str, usize)> {
    let inner = text.strip_prefix('"')?;
    let mut is_escaped = false;
    let end = inner.find(|c| {
        let is_end = c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        is_end
    })?;
    Some((&inner[..end], end + 2))
}

fn raw_literal(text: &str) -> Option<(&str, usize)> {
    let after_r = text.strip_prefix('r')?;
    let hashes = after_r.len() - after_r.trim_start_matches('#').len();
    let inner = after_r[hashes..].strip_prefix('"')?;
    let closing = format!("\"{}", "#".repeat(hashes));
    let end = inner.find(&closing)?;
    Some((&inner[..end], 1 + hashes + 1 + end + closing.len()))
}
