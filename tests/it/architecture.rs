//! The order of crates and modules, read from the sources, and the targets of the documentation's links.

use std::collections::{BTreeMap, BTreeSet};
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
    let source = include_str!("../../src/cli/mod.rs");
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
