//! The order of crates and modules, read from the sources.

mod documentation;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// From the inside out: a crate depends only on crates of earlier ranks. Its tests may use any.
const CRATE_RANKS: [&[&str]; 4] = [
    &["linerent-core"],
    &["linerent-number-plans", "linerent-pdf", "linerent-short-codes"],
    &["linerent"],
    &["linerent-testkit"],
];

/// The modules of the root crate, from the inside out: a module imports only modules of earlier ranks.
const RANKS: [&[&str]; 15] = [
    &["calendar", "money", "text", "rng", "clock", "tls", "bounded_file", "private_files"],
    &["ids"],
    &["ledger", "rental", "reload", "notice", "change_log", "schedule", "installation", "run"],
    &["account", "history", "policy", "repricing", "statement"],
    &["decision"],
    &["payments", "mail", "webhooks"],
    &["store"],
    &["billing"],
    &["operations"],
    &["config"],
    &["telemetry", "lifecycle", "arguments"],
    &["metrics"],
    &["remedies"],
    &["daemon"],
    &["cli"],
];

/// Folders whose files still import each other in circles, mostly because `mod.rs` defines what its children use.
const WITH_CIRCLES: [&str; 12] = [
    "cli",
    "config",
    "daemon",
    "decision",
    "mail",
    "metrics",
    "notice",
    "operations",
    "payments",
    "rental",
    "store",
    "webhooks",
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
fn the_files_of_a_module_form_no_circle() {
    let sources = sources_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let mut imports = imports_within_modules(&sources);
    imports.retain(|name, _| !WITH_CIRCLES.contains(&module_of(name)));
    let billing = imports.get("billing/run.rs").expect("a file of the run");
    assert!(billing.contains("billing/worker.rs"), "imports are not found: {billing:?}");
    // Files that import none of those that are left are taken away, until only circles and their users are left.
    loop {
        let left: BTreeSet<_> = imports.keys().cloned().collect();
        imports.retain(|_, imported| imported.iter().any(|name| left.contains(name)));
        if imports.len() == left.len() {
            break;
        }
    }
    assert_eq!(imports.into_keys().collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn every_module_has_a_rank() {
    let library = include_str!("../../../src/lib.rs");
    let modules = library.lines().filter_map(|line| line.strip_prefix("pub mod "));
    let unranked: Vec<_> = modules
        .map(|rest| rest.trim_end_matches(';'))
        .filter(|name| rank_of(name).is_none())
        .collect();
    assert_eq!(unranked, Vec::<&str>::new());
}

/// Longer files have more than one subject.
const LINES_MAX: usize = 400;

#[test]
fn no_file_is_long() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders =
        ["src", "crates", "tests", "benches"].map(|folder| sources_below(&root.join(folder)));
    let sources = folders.concat();
    assert!(sources.len() > 250, "only {} sources were found", sources.len());
    let lines = |text: &str| text.lines().count();
    let long = sources.iter().filter(|(_, _, text)| lines(text) > LINES_MAX);
    let long: Vec<_> = long.map(|(_, name, text)| format!("{name}: {}", lines(text))).collect();
    assert_eq!(long, Vec::<String>::new(), "at most {LINES_MAX} lines");
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

/// The files of the same top-level module that each file names, by their names.
fn imports_within_modules(
    sources: &[(String, String, String)],
) -> BTreeMap<String, BTreeSet<String>> {
    let files: BTreeMap<Vec<&str>, &str> =
        sources.iter().map(|(_, name, _)| (module_path(name), name.as_str())).collect();
    let file_of = |path: &[String]| {
        let path: Vec<_> = path.iter().map(String::as_str).collect();
        (1..=path.len()).rev().find_map(|length| files.get(&path[..length]).copied())
    };
    let mut imports = BTreeMap::new();
    for (module, name, text) in sources {
        let named = paths(text, &module_path(name));
        let others =
            named.iter().filter_map(|path| file_of(path)).filter(|other| *other != name.as_str());
        let own = others.filter(|other| module_of(other) == module).map(str::to_owned);
        imports.insert(name.clone(), own.collect());
    }
    imports
}

/// The paths from the crate's root that `text`, the file of the module `own`, names in imports and in code.
fn paths(text: &str, own: &[&str]) -> Vec<Vec<String>> {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let code = code.collect::<Vec<_>>().join("\n");
    let own: Vec<_> = own.iter().map(|it| (*it).to_owned()).collect();
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        expand(Vec::new(), &code[at + "crate::".len()..], &mut found);
    }
    for (at, _) in code.match_indices("super::") {
        let is_first = !code[..at].ends_with("super::");
        let rest = code[at..].trim_start_matches("super::");
        let ups = (code[at..].len() - rest.len()) / "super::".len();
        if is_first {
            expand(own[..own.len().saturating_sub(ups)].to_vec(), rest, &mut found);
        }
    }
    // Imports from a child, as in `pub use child::Name;`.
    for line in code.split('\n').filter(|line| line.starts_with("use ") || line.starts_with("pub"))
    {
        if let Some((_, rest)) = line.split_once("use ") {
            expand(own.clone(), rest, &mut found);
        }
    }
    found
}

/// Adds the paths of a use tree, for example two for `a::{b, c::D}`, each after `prefix`.
fn expand(mut prefix: Vec<String>, tree: &str, found: &mut Vec<Vec<String>>) {
    let tree = tree.trim_start();
    if let Some(group) = tree.strip_prefix('{') {
        let (mut depth, mut start) = (1_u32, 0);
        for (at, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if depth == 0 || (depth == 1 && c == ',') {
                expand(prefix.clone(), &group[start..at], found);
                start = at + 1;
            }
            if depth == 0 {
                return;
            }
        }
    }
    let end = tree.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(tree.len());
    prefix.extend(Some(tree[..end].to_owned()).filter(|name| !name.is_empty()));
    match tree[end..].strip_prefix("::") {
        Some(rest) if end > 0 => expand(prefix, rest, found),
        _ => found.push(prefix),
    }
}

/// `billing::run` for `billing/run.rs`, and `billing` for `billing/mod.rs`.
fn module_path(name: &str) -> Vec<&str> {
    let path = name.trim_end_matches(".rs");
    path.strip_suffix("/mod").unwrap_or(path).split('/').collect()
}

fn module_of(name: &str) -> &str {
    name.split(['/', '.']).next().unwrap_or_default()
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
            let module = module_of(&name).to_owned();
            if module != "bin" && module != "lib" && name.ends_with(".rs") {
                sources.push((module, name, std::fs::read_to_string(&path).expect("a source")));
            }
        }
    }
    sources
}
