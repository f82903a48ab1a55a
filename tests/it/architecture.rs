//! A module imports only from those before it: the sources say so themselves. And what the README's
//! tour shows is there.

use std::path::Path;

/// From the inside out. What stands on one line is of one rank, and does not import each other.
const RANKS: [&[&str]; 10] = [
    &["calendar", "money", "ids", "clock", "tls"],
    &["ledger", "rental", "reload", "notice", "journal", "schedule", "short_code"],
    &["decision"],
    &["store"],
    &["payments", "mail", "paper", "webhooks"],
    &["billing"],
    &["operations"],
    &["config"],
    &["telemetry", "lifecycle", "schemas"],
    &["daemon"],
];

#[test]
fn a_module_imports_only_from_those_before_it() {
    let sources = sources_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    assert!(sources.len() > 30, "only {} sources were found", sources.len());
    let mut offences = Vec::new();
    for (module, name, text) in &sources {
        let Some(own) = rank_of(module) else { continue };
        for imported in imports(text) {
            let Some(rank) = rank_of(&imported) else {
                offences.push(format!("{name} imports `{imported}`, which has no rank"));
                continue;
            };
            if imported != *module && rank >= own {
                offences.push(format!("{name} imports `{imported}`"));
            }
        }
    }
    assert_eq!(offences, Vec::<String>::new());
}

#[test]
fn every_module_has_a_rank() {
    let library = include_str!("../../src/lib.rs");
    let modules = library.lines().filter_map(|line| line.strip_prefix("pub mod "));
    let unranked: Vec<_> = modules
        .map(|rest| rest.trim_end_matches(';'))
        .filter(|name| rank_of(name).is_none())
        .collect();
    assert_eq!(unranked, Vec::<&str>::new());
}

#[test]
fn only_the_store_knows_sqlx() {
    let sources = sources_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let others =
        sources.iter().filter(|(module, _, text)| module != "store" && text.contains("sqlx::"));
    let names: Vec<_> = others.map(|(_, name, _)| name).collect();
    assert_eq!(names, Vec::<&String>::new());
}

#[test]
fn what_the_readme_links_to_is_there() {
    let readme = include_str!("../../README.md");
    let targets = readme.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
    let files: Vec<_> = targets.filter(|it| !it.is_empty() && !it.starts_with("http")).collect();
    assert!(files.len() > 30, "only {} links were found", files.len());
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let missing: Vec<_> = files.into_iter().filter(|file| !root.join(file).exists()).collect();
    assert_eq!(missing, Vec::<&str>::new());
}

fn rank_of(module: &str) -> Option<usize> {
    RANKS.iter().position(|rank| rank.contains(&module))
}

/// The top-level modules that `text` names after `crate::`.
fn imports(text: &str) -> Vec<String> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    code.flat_map(|line| line.split("crate::").skip(1))
        .map(|rest| rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect())
        .collect()
}

/// Top-level module, name and text of each source of the library.
fn sources_below(folder: &Path) -> Vec<(String, String, String)> {
    let mut sources = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(folder).expect("below it").display().to_string();
            let module = name.split(['/', '.']).next().unwrap_or_default().to_owned();
            if module != "bin" && module != "lib" && name.ends_with(".rs") {
                sources.push((module, name, std::fs::read_to_string(&path).expect("a source")));
            }
        }
    }
    sources
}
