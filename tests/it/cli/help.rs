//! The program explains itself: help with examples for every command, completions, man pages, and a
//! word for whoever mistypes.

use std::process::{Command, Output};

fn linerent(arguments: &[&str]) -> Output {
    let mut program = Command::new(linerent_testkit::path_of("linerent"));
    program.env_remove("LINERENT_CONFIG").args(arguments).output().expect("the program starts")
}

fn help_of(path: &[&str]) -> String {
    let output = linerent(&[path, &["--help"]].concat());
    assert!(output.status.success(), "{path:?}: {output:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// The commands that a page of help names.
fn commands_in(help: &str) -> Vec<String> {
    let section = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let section = section.take_while(|line| !line.is_empty());
    // What an explanation goes on with is indented further.
    let names = section.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = names.filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

/// Every command that does something itself, with its help.
fn leaves(path: &[&str]) -> Vec<(String, String)> {
    let help = help_of(path);
    let commands = commands_in(&help);
    let mut found = Vec::new();
    if commands.is_empty() || path == ["run"] {
        found.push((path.join(" "), help));
    }
    for command in commands {
        found.extend(leaves(&[path, &[command.as_str()]].concat()));
    }
    found
}

#[test]
fn every_command_has_examples_that_begin_with_it() {
    let leaves = leaves(&[]);
    assert!(leaves.len() > 45, "only {} commands were found", leaves.len());
    for (path, help) in leaves {
        let examples = help.split_once("Examples:\n").map_or("", |(_, rest)| rest);
        let is_shown = examples.lines().any(|line| line.contains(&format!(" {path}")));
        assert!(is_shown, "`linerent {path} --help` has no example of it:\n{help}");
    }
}

#[test]
fn the_options_of_every_command_stand_apart_from_its_own() {
    let help = help_of(&["number", "list"]);
    let (own, global) = help.split_once("Global options:\n").expect("a heading of their own");
    assert!(own.contains("--status") && !own.contains("--json"), "{help}");
    assert!(global.contains("--json") && global.contains("--database"), "{help}");
}

#[test]
fn the_variables_of_the_environment_are_in_the_help() {
    let help = help_of(&[]);
    assert!(help.contains("LINERENT_CONFIG") && help.contains("LINERENT__SECTION__KEY"), "{help}");
}

#[test]
fn whoever_mistypes_is_told_what_there_is() {
    for (typed, meant) in [(&["acount"][..], "account"), (&["number", "serach"], "search")] {
        let output = linerent(typed);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(&format!("'{meant}'")), "{typed:?}: {said}");
        assert_eq!(output.status.code(), Some(2));
    }
}

#[test]
fn completions_and_man_pages_know_every_command() {
    let folder = tempfile::tempdir().expect("a folder");
    let pages = folder.path().join("man1");
    let output = linerent(&["man", &pages.display().to_string()]);
    assert!(output.status.success(), "{output:?}");
    for (path, _) in leaves(&[]) {
        let page = pages.join(format!("linerent-{}.1", path.replace(' ', "-")));
        let text = std::fs::read_to_string(&page).expect("a page for each command");
        assert!(text.contains(".SH SYNOPSIS"), "{path}");
        assert!(text.contains(".SH EXAMPLES\n.nf\nlinerent"), "{path}: {text}");
        let source = concat!("\"linerent ", env!("CARGO_PKG_VERSION"), "\"");
        assert!(text.contains(source), "{path}: {text}");
    }
    let daemon = std::fs::read_to_string(pages.join("linerentd.1")).expect("the daemon's page");
    assert!(daemon.contains("SIGHUP"), "{daemon}");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = linerent(&["completions", shell]);
        let script = String::from_utf8(output.stdout).expect("a script");
        for word in ["setup-2fa", "reprice", "forecast", "--at-period-end"] {
            assert!(script.contains(word.trim_start_matches('-')), "{shell} does not know {word}");
        }
    }
}

#[test]
fn bash_offers_the_words_that_a_value_can_be_and_files_where_one_is_wanted() {
    let offered = |line: &str| {
        let words: Vec<_> = line.split(' ').map(|word| format!("'{word}'")).collect();
        let ask = format!(
            "source <(\"$0\" completions bash); compopt() {{ :; }}; COMP_WORDS=({}); \
             COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
             \"$(complete -p linerent | sed 's/.*-F \\([^ ]*\\).*/\\1/')\" \
             linerent \"${{COMP_WORDS[-1]}}\" \"${{COMP_WORDS[-2]}}\"; echo \"${{COMPREPLY[*]}}\"",
            words.join(" ")
        );
        let mut bash = Command::new("bash");
        let output = bash.args(["-c", &ask]).arg(linerent_testkit::path_of("linerent")).output();
        let output = output.expect("bash starts");
        assert!(output.stderr.is_empty(), "{line}: {output:?}");
        String::from_utf8(output.stdout).expect("text").trim().to_owned()
    };
    assert_eq!(offered("linerent number list --status "), "available rented held retired");
    assert_eq!(offered("linerent notice preview past_"), "past_due");
    assert_eq!(offered("linerent account notices a0000001 --off renewa"), "renewal_ahead");
    // Where nothing is offered, bash has the files.
    assert_eq!(offered("linerent number import "), "");
    assert_eq!(offered("linerent man "), "");
    assert_eq!(offered("linerent number import --js"), "--json");
    assert_eq!(offered("linerent account create Ada --email "), "");
    assert_eq!(offered("linerent rent --file Cargo.tom"), "Cargo.toml");
}
