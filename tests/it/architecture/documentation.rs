//! The targets of the documentation's links, and its length.

use std::path::{Path, PathBuf};

#[test]
fn what_the_documentation_links_to_exists() {
    let pages = documentation();
    assert!(pages.len() > 15, "only {} pages were found", pages.len());
    let mut links = 0;
    let mut missing = Vec::new();
    for page in &pages {
        let text = std::fs::read_to_string(page).expect("a page");
        for target in targets(&text) {
            links += 1;
            let (file, heading) = target.split_once('#').unwrap_or((&target, ""));
            let folder = page.parent().expect("a page is in a folder");
            let linked = if file.is_empty() { page.clone() } else { folder.join(file) };
            if !linked.exists() || !has_heading(&linked, heading) {
                missing.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert!(links > 60, "only {links} links were found");
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn the_readme_is_short() {
    let lines = include_str!("../../../README.md").lines().count();
    assert!(lines <= 150, "README.md has {lines} lines; details belong in docs/guide");
}

/// The pages whose links are checked.
fn documentation() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = vec![
        root.join("README.md"),
        root.join("CONTRIBUTING.md"),
        root.join("deploy/README.md"),
        root.join("crates/number-plans/data/README.md"),
        root.join("crates/pdf/fonts/README.md"),
    ];
    let mut folders = vec![root.join("docs")];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).expect("a folder of pages") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "md") {
                pages.push(path);
            }
        }
    }
    pages
}

/// What a page links to, except other sites. Blocks of code have no links.
fn targets(text: &str) -> Vec<String> {
    without_code(text)
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .filter(|it| !it.is_empty() && !it.starts_with("http"))
        .map(str::to_owned)
        .collect()
}

fn without_code(text: &str) -> String {
    let mut is_code = false;
    let prose = text.lines().filter(|line| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    });
    prose.collect::<Vec<_>>().join("\n")
}

/// Whether the page has the heading that a link names; an empty name is the page itself.
fn has_heading(page: &Path, name: &str) -> bool {
    if name.is_empty() {
        return true;
    }
    let text = std::fs::read_to_string(page).expect("a page");
    without_code(&text)
        .lines()
        .filter(|line| line.starts_with('#'))
        .any(|line| anchor(line.trim_start_matches('#').trim()) == name)
}

/// The anchor that a heading gets on a page: lower case, hyphens for spaces, no punctuation.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect::<String>().to_lowercase()
}
