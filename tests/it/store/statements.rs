//! The constant statements of the store, read from its sources, as each engine gets them.

use std::collections::BTreeMap;
use std::path::Path;

/// One statement, and the file that it is in.
#[derive(Debug)]
pub(super) struct Statement {
    pub(super) file: String,
    pub(super) sqlite: String,
    pub(super) postgres: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    /// A word or a number.
    Word(String),
    Text(String),
    Mark(char),
}

/// Every statement of `src/store`, except those in the files `without`, and those of its engine, which are none of
/// billing's.
pub(super) fn statements(without: &[&str]) -> Vec<Statement> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    let mut statements = Vec::new();
    for path in files {
        let file = path.strip_prefix(&root).expect("a file of the store").display().to_string();
        if file.starts_with("engine/") || without.contains(&file.as_str()) {
            continue;
        }
        let source = std::fs::read_to_string(&path).expect("a source");
        let source = source.split("#[cfg(test)]").next().unwrap_or_default();
        for (sqlite, postgres) in found_in(&tokens(source)) {
            statements.push(Statement { file: file.clone(), sqlite, postgres });
        }
    }
    statements
}

fn collect(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|it| it == "rs") {
            files.push(path);
        }
    }
}

/// Words, texts and marks; comments and white space are left out.
fn tokens(source: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = source.chars().peekable();
    while let Some(next) = rest.next() {
        match next {
            '/' if rest.peek() == Some(&'/') => {
                rest.by_ref().find(|it| *it == '\n');
            }
            '"' => tokens.push(Token::Text(text(&mut rest))),
            it if it.is_alphanumeric() || it == '_' => {
                let mut word = String::from(it);
                while let Some(more) = rest.next_if(|it| it.is_alphanumeric() || *it == '_') {
                    word.push(more);
                }
                tokens.push(Token::Word(word));
            }
            it if it.is_whitespace() => {}
            it => tokens.push(Token::Mark(it)),
        }
    }
    tokens
}

/// The rest of a text, after its first quotation mark.
fn text(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> String {
    let mut text = String::new();
    while let Some(next) = rest.next() {
        match next {
            '"' => break,
            '\\' => match rest.next() {
                Some('\n') => while rest.next_if(|it| it.is_whitespace()).is_some() {},
                Some('n') => text.push('\n'),
                Some(other) => text.push(other),
                None => break,
            },
            other => text.push(other),
        }
    }
    text
}

/// The statements in a file, each for SQLite and for PostgreSQL.
fn found_in(tokens: &[Token]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut macros: BTreeMap<&str, &str> = BTreeMap::new();
    let mut at = 0;
    while at < tokens.len() {
        let rest = &tokens[at..];
        if let Some((name, text, length)) = macro_in(rest) {
            macros.insert(name, text);
            at += length;
        } else if let Some((statement, length)) = bulk_in(rest) {
            found.push(statement);
            at += length;
        } else if let Some((statement, length)) = pair_in(rest) {
            found.push(statement);
            at += length;
        } else if let [Token::Word(name), Token::Mark('!'), Token::Mark('('), Token::Text(text), ..] =
            rest
            && let Some(before) = macros.get(name.as_str())
        {
            let statement = format!("{before}{text}");
            found.push((statement.clone(), statement));
            at += 4;
        } else {
            if let [Token::Text(text), ..] = rest
                && is_statement(text)
            {
                found.push((text.clone(), text.clone()));
            }
            at += 1;
        }
    }
    found
}

fn is_statement(text: &str) -> bool {
    let first = text.split_whitespace().next().unwrap_or_default();
    ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"].contains(&first)
}

fn is_word(token: &Token, word: &str) -> bool {
    matches!(token, Token::Word(it) if it == word)
}

/// `macro_rules! NAME { ($rest:literal) => { concat!("TEXT", $rest) }; }`: its name, its text, its length.
fn macro_in(tokens: &[Token]) -> Option<(&str, &str, usize)> {
    let [first, Token::Mark('!'), Token::Word(name), ..] = tokens else { return None };
    if !is_word(first, "macro_rules") {
        return None;
    }
    let concat = tokens.iter().position(|it| is_word(it, "concat"))?;
    let [_, Token::Mark('!'), Token::Mark('('), Token::Text(text), ..] = &tokens[concat..] else {
        return None;
    };
    Some((name, text, concat + 4))
}

/// `sqlite: "…", postgres: "…"`.
fn pair_in(tokens: &[Token]) -> Option<((String, String), usize)> {
    let [
        first,
        Token::Mark(':'),
        Token::Text(sqlite),
        Token::Mark(','),
        second,
        Token::Mark(':'),
        Token::Text(postgres),
        ..,
    ] = tokens
    else {
        return None;
    };
    let is_pair = is_word(first, "sqlite") && is_word(second, "postgres");
    is_pair.then(|| ((sqlite.clone(), postgres.clone()), 7))
}

/// `bulk_sql!("…", rows from 1 (column TYPE, …), "…")`, as the macro of this name writes it.
fn bulk_in(tokens: &[Token]) -> Option<((String, String), usize)> {
    let [
        first,
        Token::Mark('!'),
        Token::Mark('('),
        Token::Text(before),
        Token::Mark(','),
        Token::Word(rows),
        ..,
    ] = tokens
    else {
        return None;
    };
    if !is_word(first, "bulk_sql") {
        return None;
    }
    let mut at = 6;
    let mut parameter = 1;
    if is_word(&tokens[at], "from") {
        let Token::Word(number) = &tokens[at + 1] else { panic!("no number after `from`") };
        parameter = number.parse().expect("a number");
        at += 2;
    }
    assert_eq!(tokens[at], Token::Mark('('), "{before}");
    at += 1;
    let (mut values, mut arrays, mut names) = (Vec::new(), Vec::new(), Vec::new());
    while let [Token::Word(column), Token::Word(kind), ..] = &tokens[at..] {
        values.push(format!("value ->> {} AS {column}", names.len()));
        arrays.push(format!("${}::{kind}[]", parameter + names.len()));
        names.push(column.clone());
        at += 2;
        if tokens[at] == Token::Mark(',') {
            at += 1;
        }
    }
    assert_eq!(tokens[at..at + 2], [Token::Mark(')'), Token::Mark(',')], "{before}");
    let Token::Text(after) = &tokens[at + 2] else { panic!("no end of {before}") };
    let (values, arrays, names) = (values.join(", "), arrays.join(", "), names.join(", "));
    let sqlite =
        format!("{before} (SELECT {values} FROM jsonb_each(${parameter})) AS {rows} {after}");
    let postgres = format!("{before} UNNEST({arrays}) AS {rows} ({names}) {after}");
    Some(((sqlite, postgres), at + 3))
}
