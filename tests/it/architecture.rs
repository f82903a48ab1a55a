//! The order of crates and modules, read from the sources, and the targets of the documentation's links.

use std::path::{Path, PathBuf};

/// From the inside out: a crate depends only on crates of earlier ranks. Its tests may use any.
const CRATE_RANKS: [&[&str]; 4] = [
    &["linerent-core"],
    &["linerent-number-plans", "linerent-pdf", "linerent-short-codes"],
    &["linerent"],
    &["linerent-testkit"],
];

/// The modules of the root crate, from the inside out: a module imports only modules of earlier ranks.
const RANKS: [&[&str]; 15] = [
    &["calendar", "money", "rng", "clock", "tls"],
    &["ids"],
    &["ledger", "rental", "reload", "notice", "change_log", "schedule", "installation", "run"],
    &["account", "history", "policy", "repricing", "statement"],
    &["decision"],
    &["payments", "mail", "webhooks"],
    &["store"],
    &["billing"],
    &["operations"],
    &["config"],
    &["telemetry", "lifecycle"],
    &["metrics"],
    &["daemon"],
    &["cli"],
    &["schemas"],
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
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = sources_below(&root.join("src"));
    sources.extend(sources_below(&root.join("crates")));
    // The test kit makes databases, and changes them in ways in which the store does not.
    let others = sources.iter().filter(|(module, _, text)| {
        module != "store" && module != "testkit" && text.contains("sqlx::")
    });
    let mut names: Vec<_> = others.map(|(_, name, _)| name.clone()).collect();
    let manifests = manifests()
        .into_iter()
        .filter(|(name, _)| name != "linerent" && name != "linerent-testkit");
    names.extend(manifests.filter(|(_, text)| text.contains("sqlx")).map(|(name, _)| name));
    assert_eq!(names, Vec::<String>::new());
}

#[test]
fn a_crate_depends_only_on_those_before_it() {
    let mut offences = Vec::new();
    let manifests = manifests();
    assert_eq!(manifests.len(), CRATE_RANKS.concat().len());
    for (name, text) in &manifests {
        let Some(own) = crate_rank_of(name) else {
            offences.push(format!("{name} has no rank"));
            continue;
        };
        for dependency in workspace_dependencies(text) {
            if crate_rank_of(&dependency).is_none_or(|rank| rank >= own) {
                offences.push(format!("{name} depends on {dependency}"));
            }
        }
    }
    assert_eq!(offences, Vec::<String>::new());
}

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
    let lines = include_str!("../../README.md").lines().count();
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

fn rank_of(module: &str) -> Option<usize> {
    RANKS.iter().position(|rank| rank.contains(&module))
}

fn crate_rank_of(name: &str) -> Option<usize> {
    CRATE_RANKS.iter().position(|rank| rank.contains(&name))
}

/// Package name and manifest of each crate of the workspace.
fn manifests() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = std::fs::read_dir(root.join("crates")).expect("the folder `crates`");
    let folders = folders.map(|entry| entry.expect("an entry").path());
    folders
        .chain([root.to_owned()])
        .map(|folder| {
            let text = std::fs::read_to_string(folder.join("Cargo.toml")).expect("a manifest");
            let name = text.lines().find_map(|line| line.strip_prefix("name = "));
            (name.expect("a name").trim_matches('"').to_owned(), text)
        })
        .collect()
}

/// The crates of the workspace that a crate depends on, apart from its tests.
fn workspace_dependencies(manifest: &str) -> Vec<String> {
    let mut table = "";
    let mut found = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            table = line;
        }
        let name = line.split(['.', ' ', '=']).next().unwrap_or_default();
        if table == "[dependencies]" && name.starts_with("linerent") {
            found.push(name.to_owned());
        }
    }
    found
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
