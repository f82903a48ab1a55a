//! A value of another type than its key takes is refused, never converted: every key, in a file and in the
//! environment.

use std::collections::BTreeSet;

use super::App;

/// Keys that take the same kind of value, and what they refuse: literals in a file, texts in a variable.
struct Kind {
    keys: &'static [&'static str],
    expected: &'static str,
    in_file: &'static [&'static str],
    in_variable: &'static [&'static str],
}

const KINDS: [Kind; 9] = [
    Kind {
        keys: &[
            "database.connections_max",
            "release.grace_days",
            "release.late_grace_days",
            "release.hold_days",
            "release.guard_min",
            "run.batch_accounts",
            "run.workers",
            "run.lease_s",
            "run.ahead_max_days",
            "auto_reload.multiples_max",
            "auto_reload.per_day_max",
            "auto_reload.failures_max",
            "notices.ahead_days",
            "payments.concurrent_max",
            "payments.stripe.connect_timeout_s",
            "payments.stripe.timeout_s",
            "mail.rate_max_per_s",
            "mail.smtp.connections_max",
            "mail.smtp.timeout_s",
            "shutdown.grace_s",
        ],
        expected: "expected a whole number from ",
        in_file: &["true", "7.9", "7.0", "\"7\"", "-1", "[7]", "{ a = 7 }", "07:30:00", "inf"],
        in_variable: &[
            "true",
            "7.9",
            "7.0",
            "-1",
            "+7",
            "7 ",
            "0x7",
            "1_0",
            "seven",
            "99999999999",
        ],
    },
    Kind {
        keys: &["payments.test_in_production", "webhooks.allow_private"],
        expected: "expected true or false",
        in_file: &["1", "0", "\"true\"", "\"yes\"", "0.0", "[true]", "{ a = true }", "07:30:00"],
        in_variable: &["1", "0", "yes", "on", "TRUE", "true "],
    },
    Kind {
        keys: &["release.guard_percent"],
        expected: "expected a number from 0 to 100",
        in_file: &["true", "\"5%\"", "\"five\"", "101", "-0.1", "nan", "[5]", "07:30:00"],
        in_variable: &["true", "5%", "five", "100.1", "-1", "nan"],
    },
    Kind {
        keys: &[
            "database.wait_max",
            "database.answer_max",
            "schedule.late_after",
            "auto_reload.retry_after",
            "auto_reload.check_every",
            "mail.give_up_after",
            "webhooks.timeout",
        ],
        expected: "with its unit, such as \"90s\", \"6min\" or \"1h\"",
        in_file: &["90", "1.5", "true", "\"90\"", "\"soon\"", "\"99days\"", "[\"1h\"]", "07:30:00"],
        in_variable: &["90", "1.5", "true", "soon", "-1s", "99days"],
    },
    Kind {
        keys: &["schedule.run_at"],
        expected: "expected a time of day, such as \"02:30\"",
        in_file: &["2", "2.5", "true", "02:30:00", "\"25:00\"", "\"noon\"", "[\"02:30\"]"],
        in_variable: &["2", "25:00", "noon", "true"],
    },
    Kind {
        keys: &["billing.time_zone"],
        expected: "expected the IANA name of a time zone, such as \"Europe/London\"",
        in_file: &["0", "true", "\"Europe/Atlantis\"", "[\"UTC\"]"],
        in_variable: &["0", "Europe/Atlantis", "true"],
    },
    Kind {
        keys: &["notices.ahead", "payments.gateway", "mail.transport", "operator.paper"],
        expected: "expected \"",
        in_file: &[
            "0",
            "false",
            "\"other\"",
            "\"SMTP\"",
            "[\"smtp\", \"a4\", \"never\", \"stripe\"]",
        ],
        in_variable: &["0", "false", "other", "SMTP"],
    },
    Kind {
        keys: &["http.listen"],
        expected: "expected an IP address with a port, such as \"127.0.0.1:9480\", or \"off\"",
        in_file: &[
            "9480",
            "false",
            "\"localhost:9480\"",
            "\"127.0.0.1\"",
            "\":9480\"",
            "[\"off\"]",
        ],
        in_variable: &["9480", "false", "localhost:9480", "127.0.0.1"],
    },
    Kind {
        keys: &[
            "database.url",
            "database.url_file",
            "payments.stripe.api_key",
            "payments.stripe.api_key_file",
            "payments.stripe.api_base",
            "mail.dir",
            "mail.from",
            "mail.reply_to",
            "mail.operator",
            "mail.templates",
            "mail.smtp.url",
            "mail.smtp.url_file",
            "mail.smtp.user",
            "mail.smtp.password",
            "mail.smtp.password_file",
            "mail.smtp.ca_file",
            "mail.smtp.hello_name",
            "mail.dkim.selector",
            "mail.dkim.key_file",
            "mail.dkim.domain",
            "operator.name",
            "operator.address",
            "operator.tax_id",
            "operator.email",
            "metrics.textfile",
        ],
        expected: " in quotation marks",
        in_file: &["7", "7.9", "true", "[\"text\"]", "{ a = \"text\" }", "1979-05-27"],
        // A variable is text.
        in_variable: &[],
    },
];

#[test]
fn every_key_refuses_other_types_in_a_file() {
    let app = App::new();
    let path = app.folder.path().join("linerent.toml");
    for kind in &KINDS {
        for (key, literal) in each(kind.keys, kind.in_file) {
            app.write("linerent.toml", &format!("{key} = {literal}\n"));
            let refusal = linerent::config::load(Some(&path), None).map(drop);
            let refusal = refusal.expect_err(&format!("{key} = {literal}")).to_string();
            assert!(refusal.starts_with(&format!("`{key}` is ")), "{key} = {literal}: {refusal}");
            assert!(refusal.contains("linerent.toml"), "{key} = {literal}: {refusal}");
            assert!(refusal.contains(kind.expected), "{key} = {literal}: {refusal}");
        }
    }
}

#[test]
fn every_key_refuses_other_types_in_the_environment() {
    let app = App::new();
    for kind in &KINDS {
        for (key, text) in each(kind.keys, kind.in_variable) {
            let variable = format!("LINERENT__{}", key.to_uppercase().replace('.', "__"));
            let refusal = app.answer("config check", &[(&variable, text)]);
            let said = format!("error: `{key}` is `{text}` in {variable}, ");
            assert!(refusal.starts_with(&said), "{variable}={text}: {refusal}");
            assert!(refusal.contains(kind.expected), "{variable}={text}: {refusal}");
        }
    }
}

#[test]
fn every_key_is_in_the_table() {
    let output = App::new().run("--json config show", &[]);
    let settings: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).expect("JSON");
    let keys = settings.iter().map(|it| it["key"].as_str().expect("a name"));
    let in_the_table = KINDS.iter().flat_map(|kind| kind.keys).copied();
    assert_eq!(keys.collect::<BTreeSet<_>>(), in_the_table.collect());
}

/// The built-in file as it is printed is a configuration, and the same one.
#[test]
fn the_printed_file_is_a_configuration() {
    let app = App::new();
    let printed = app.run("config default", &[]);
    assert_eq!(printed.stdout, include_bytes!("../../../config/default.toml"));
    app.write("linerent.toml", &String::from_utf8(printed.stdout).expect("text"));
    let with_file = app.answer("--config linerent.toml config show", &[]);
    let values = |shown: &str| -> Vec<(String, String)> {
        let rows = shown.lines().filter_map(|line| line.trim_end().rsplit_once("  "));
        rows.map(|(row, _)| row.split_once(' ').unwrap_or((row, "")))
            .map(|(key, value)| (key.to_owned(), value.trim().to_owned()))
            .collect()
    };
    assert_eq!(values(&with_file), values(&app.answer("config show", &[])));
    let json = app.run("--json config default", &[]);
    let json: String = serde_json::from_slice(&json.stdout).expect("a string");
    assert_eq!(json, include_str!("../../../config/default.toml"));
}

fn each<'a>(
    keys: &'a [&'a str],
    values: &'a [&'a str],
) -> impl Iterator<Item = (&'a str, &'a str)> {
    keys.iter().flat_map(|key| values.iter().map(|value| (*key, *value)))
}
