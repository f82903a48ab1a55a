//! The demo, through the real program: what it tells is true, and what it suggests works.

use std::process::{Command, Output};

fn linerent(arguments: &[&str]) -> Output {
    Command::new(linerent_testkit::path_of("linerent"))
        .args(arguments)
        .output()
        .expect("the program starts")
}

/// The demo leaves its sandbox for looking further; a test cleans up.
struct Sandbox(String);

impl Drop for Sandbox {
    fn drop(&mut self) {
        let file = self.0.trim_start_matches("sqlite:");
        let folder = std::path::Path::new(file).parent().expect("a file in a folder");
        assert!(folder.display().to_string().contains("linerent-demo-"));
        // Where it is gone already, that is well too.
        let _ = std::fs::remove_dir_all(folder);
    }
}

#[test]
fn it_tells_a_hundred_days_of_the_ledger() {
    let output = linerent(&["demo", "--json"]);
    assert!(output.status.success(), "{output:?}");
    let demo: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let _sandbox = Sandbox(demo["database"].as_str().expect("a URL").to_owned());
    assert_eq!(demo["runs"], 100);
    assert_eq!(demo["accounts"].as_array().map(Vec::len), Some(14));
    assert_eq!(demo["audit"]["disagreements"], serde_json::json!([]));
    let sum = |field: &str| -> u64 {
        let months = demo["months"].as_array().expect("months");
        months.iter().map(|month| month[field].as_u64().expect("a count")).sum()
    };
    assert!(
        sum("renewals") >= 40
            && sum("past_due") >= 4
            && sum("released") >= 3
            && sum("returned") >= 2
            && sum("reloads") >= 1
    );
    let stories = demo["stories"].as_array().expect("stories");
    let stories: Vec<_> = stories.iter().map(|story| story.as_str().expect("a text")).collect();
    insta::assert_snapshot!(stories.join("\n"), @"
    447700900012 was rented by Analytical Engines on 31 January and renewed on 28 February, 31 March and 30 April.
    447700900028 was rented by Calendar & Daughters on 28 February and renewed on 31 March and 30 April.
    447700900041 was rented by Evening Post on 2 February and renewed on 2 March (paid on 5 March), 2 April and 2 May.
    447700900042 was rented by Firefly Taxis on 3 February, renewed on 3 March, past due from 3 April and released on 8 April. It was rented again on 20 April.
    12025550104 was rented by Driftwood Couriers on 29 January, renewed on 28 February and 29 March, past due from 29 April and released on 4 May.
    The card of Moorgate Minicabs was charged 20.00 EUR on 15 March.
    The card of Nightjar Hotels was declined on 17 February, 18 February and 19 February, and is not charged any more.
    ");
}

#[test]
fn the_commands_that_it_prints_work_as_they_are_printed() {
    let output = linerent(&["demo"]);
    let text = String::from_utf8(output.stdout).expect("text");
    let (_, commands) = text.split_once("Look further").expect("suggestions");
    let commands: Vec<&str> = commands.lines().map(str::trim).filter(|it| !it.is_empty()).collect();
    assert!(commands.len() >= 5, "{text}");
    let url = commands[0].split(' ').find(|word| word.starts_with("sqlite:")).expect("a URL");
    let _sandbox = Sandbox(url.to_owned());
    for command in commands {
        let output = Command::new("sh").args(["-c", command]).output().expect("a shell");
        assert!(output.status.success(), "{command}: {output:?}");
        let is_silent = command.starts_with("rm ");
        assert_eq!(output.stdout.is_empty(), is_silent, "{command}");
    }
}
