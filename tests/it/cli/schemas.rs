//! What is printed with `--json` is what the schemas in `docs/schema` say, nothing less and nothing more.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use linerent::cli::schemas;
use linerent_testkit::World;
use linerent_testkit::json_schema::faults;
use serde_json::Value;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/schema")
}

/// The schemas as they stand in the folder, by name.
fn documented() -> BTreeMap<String, Value> {
    let files = std::fs::read_dir(folder()).expect("the folder of schemas");
    files
        .map(|file| file.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|it| it == "json"))
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("a schema");
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            (name, serde_json::from_str(&text).expect("JSON"))
        })
        .collect()
}

#[test]
fn the_folder_has_the_schemas_of_this_version() {
    if std::env::var_os("LINERENT_WRITE_SCHEMAS").is_some() {
        for (name, schema) in schemas::all() {
            let text = serde_json::to_string_pretty(&schema).expect("JSON");
            std::fs::write(folder().join(format!("{name}.json")), text + "\n").expect("a file");
        }
    }
    let ours = schemas::all().into_iter();
    let ours: BTreeMap<_, _> =
        ours.map(|(name, schema)| (name.to_owned(), schema.to_value())).collect();
    let documented = documented();
    assert_eq!(documented.keys().collect::<Vec<_>>(), ours.keys().collect::<Vec<_>>());
    for (name, schema) in ours {
        assert_eq!(
            documented[&name], schema,
            "docs/schema/{name}.json: `LINERENT_WRITE_SCHEMAS=1 ./scripts/test schemas` writes it"
        );
    }
}

/// The commands, each with the schema of what it prints, in an order in which they can be done.
const COMMANDS: &[(&str, &str)] = &[
    ("config-check", "config check"),
    ("config-default", "config default"),
    ("config-show", "config show"),
    ("number-import", "number import numbers.csv"),
    ("number-search", "number search --country GB"),
    ("number", "number show 447700900001"),
    ("number-list", "number list"),
    ("account", "account create Ada --email ada@example.com --key 0000000a --low-balance 1"),
    ("account", "account create Bob --email bob@example.com --key 0000000b --credit-limit 5"),
    ("account-top-up", "account top-up 0000000a 50 --reference r1"),
    ("account-top-up", "account adjust 0000000a -1 --reason mistake --reference r2"),
    ("account-list", "account list"),
    (
        "account",
        "account auto-reload 0000000a --threshold 5 --amount 20 --payment-method pm_card_visa",
    ),
    (
        "account",
        "account auto-reload 0000000b --threshold 5 --amount 20 --payment-method pm_card_chargeDeclined",
    ),
    ("subscription", "rent 0000000a 447700900001"),
    ("subscription", "rent 0000000a 98975"),
    ("rent-any-dry-run", "rent 0000000a --any --country GB --count 1 --dry-run"),
    ("subscription-list", "rent 0000000a --any --country GB --count 1"),
    ("rent-file", "rent --file rentals.csv"),
    ("subscription", "cancel 447700900001 --at-period-end"),
    ("subscription", "cancel 447700900001 --keep"),
    ("subscription-list", "subscription list"),
    ("configure", "configure 447700900001 --voice-callback tel 447700900009 --application app-1"),
    ("configure", "configure 447700900001"),
    ("number", "number show 447700900001"),
    (
        "shortcode",
        "shortcode setup-2fa 0000000a 98975 --company Acme --message ${company}:${pin} --support help@example.com --terms https://example.com/terms --privacy https://example.com/privacy",
    ),
    ("shortcode", "shortcode show 0000000a 98975"),
    ("shortcode-disclosure", "shortcode disclosure 0000000a 98975"),
    (
        "number-reprice",
        "number reprice --country GB --type mobile-lvn --price 1.10 --effective 2026-03-15",
    ),
    ("subscription-list", "subscription list"),
    ("forecast", "forecast --days 40"),
    ("run", "run --dry-run"),
    ("run", "run --no-mail"),
    ("sandbox-advance", "sandbox advance --to 2026-03-02"),
    ("run-list", "run list"),
    ("run", "run show 2026-02-28"),
    ("reload-check", "reload check"),
    ("reload-list", "reload list"),
    ("run-undo", "run undo 2026-03-02 --dry-run"),
    ("notice-list", "notice list"),
    ("notice-show", "notice show 0000000a/price_change/2026-01-31"),
    ("notice", "notice retry 0000000a/price_change/2026-01-31"),
    ("notice-retry-failed", "notice retry --failed"),
    ("notice-send", "notice send"),
    ("notice-preview", "notice preview renewed"),
    ("mail-test", "mail test --to ada@example.com"),
    ("account-statement", "account statement 0000000a"),
    ("account-history", "account history 0000000a"),
    ("account", "account notices 0000000a --off renewed"),
    ("account", "account auto-reload 0000000a --off"),
    ("account-refund", "account refund 0000000a 1 --reference r3"),
    ("account-close", "account close 0000000a --dry-run"),
    ("rent-file", "cancel --file endings.csv"),
    ("number", "number retire 447700900004"),
    ("audit", "audit"),
    ("refusal", "account show 0000000f"),
    ("refusal", "account show f"),
    ("doctor", "doctor"),
];

on_both_engines!(what_is_printed_is_what_the_schemas_say, |world| {
    let numbers = "msisdn,country,type,features,monthly_price,setup_price,currency,shared\n\
        447700900001,GB,mobile-lvn,SMS,1.00,0.50,EUR,\n447700900002,GB,mobile-lvn,SMS,1.00,0,EUR,\n\
        447700900003,GB,mobile-lvn,SMS,1.00,0,EUR,\n447700900004,GB,mobile-lvn,SMS,1.00,0,EUR,\n\
        98975,US,shortcode,SMS,15.00,0,EUR,true\n";
    let files = [
        ("numbers.csv", numbers),
        ("rentals.csv", "account,msisdn\n0000000b,447700900003\n0000000b,447700900001\n"),
        ("endings.csv", "msisdn\n447700900003\n"),
    ];
    for (name, text) in files {
        std::fs::write(world.folder().join(name), text).expect("a file");
    }
    let schemas = documented();
    let mut seen = BTreeSet::new();
    for (name, command) in COMMANDS {
        if command.starts_with("notice retry 0") {
            world
                .execute_sql("UPDATE notices SET status = 'failed' WHERE kind = 'price_change'")
                .await;
        }
        let printed = printed(world, command);
        fits(&schemas[*name], &printed, command);
        seen.insert(*name);
    }
    // A reload's own page needs its id; these two need a world of their own.
    let reloads = printed(world, "reload list");
    let id = reloads[0]["id"].as_str().expect("a reload").to_owned();
    fits(&schemas["reload"], &printed(world, &format!("reload show {id}")), "reload show");
    let folder = world.folder().join("other");
    std::fs::create_dir(&folder).expect("a folder");
    for (name, command) in [("init", "init --sandbox --on 2026-01-31"), ("demo", "demo")] {
        let output = std::process::Command::new(linerent_testkit::path_of("linerent"))
            .current_dir(&folder)
            .env("TMPDIR", &folder)
            .arg("--json")
            .args(command.split(' '))
            .output()
            .expect("the program starts");
        let printed = serde_json::from_slice(&output.stdout).expect("one JSON document");
        fits(&schemas[name], &printed, command);
        seen.insert(name);
    }
    seen.insert("reload");
    assert_eq!(seen, schemas.keys().map(String::as_str).collect(), "each schema was tried");
});

fn printed(world: &World, command: &str) -> Value {
    let words: Vec<_> = std::iter::once("--json").chain(command.split(' ')).collect();
    let output = world.linerent(&words);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{command}: {error}: {output:?}"))
}

fn fits(schema: &Value, printed: &Value, command: &str) {
    let faults = faults(schema, printed);
    assert_eq!(faults, Vec::<String>::new(), "{command} printed {printed:#}");
}
