//! Templates that an operator replaces.

use std::path::{Path, PathBuf};

use linerent::mail::{Sender, Templates, mailbox_of};
use linerent_testkit::{Engine, World};
use mail_parser::MessageParser;

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_in_the_folder_replaces_the_built_in_one() {
    let mut world = World::new(Engine::Sqlite).await;
    let folder = letters(
        &world,
        &[("low_balance.txt", "Subject: {{ account.name }} has {{ balance|money }}\n\nHello\n")],
    );
    world.change_mail_settings(|mail| mail.templates = Some(folder));
    world.account_with_threshold("0000000a", "5", "5").await;
    world.try_to_adjust("0000000a", "-1", "a fee", "x").await.expect("booked");
    assert_eq!(world.subjects("0000000a").await, ["Account 0000000a has 4.00 EUR"]);
    world.deliver().await;
    let mail = world.post.mails().remove(0);
    let mail = MessageParser::default().parse(&mail.bytes).expect("a mail");
    assert_eq!(mail.body_text(0).as_deref().map(str::trim), Some("Hello"));
    let page = mail.body_html(0).expect("a page");
    assert!(page.contains("Account 0000000a has 4.00 EUR") && page.contains("5.00 EUR"), "{page}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_cannot_be_written_stops_the_program_with_file_line_and_reason() {
    let world = World::new(Engine::Sqlite).await;
    for (name, source, said) in [
        ("renewed.txt", "Subject: x\n\n{{ nothing }}\n", "renewed.txt cannot be used, line 3: "),
        ("renewed.txt", "Subject: x\n\n{{ balance\n", "renewed.txt cannot be used, line 3: "),
        ("renewed.txt", "Hello\n\nworld\n", "does not begin with `Subject: `"),
        ("renewed.html", "{% if %}", "renewed.html cannot be used, line 1: "),
        ("renewed.html", "{{ balance|nofilter }}", "renewed.html cannot be used, line 1: "),
        ("renwed.html", "x", "renwed.html replaces no letter"),
        // In some of its samples only: what a list of 362 or a missing value would have broken at night.
        ("released.txt", "Subject: x\n\n\n{{ numbers.first[0].buy_back_until|day }}\n", "line 4: "),
    ] {
        let folder = letters(&world, &[(name, source)]);
        let output = world
            .program(&["account", "list"])
            .env("LINERENT__MAIL__TEMPLATES", &folder)
            .output()
            .expect("the program starts");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{name}: {errors}");
        assert!(errors.contains(said), "{name}: {errors}");
        assert!(errors.contains(&folder.display().to_string()), "{name}: {errors}");
        std::fs::remove_dir_all(folder).expect("the folder goes");
    }
    world.end().await;
}

/// Templates that take for ever, or all memory.
const GREEDY: [(&str, &str, usize); 6] = [
    (
        "a loop",
        "Subject: x\n\n{% for a in range(90000) %}\n{% for b in range(90000) %}\n{% set c = b %}\n{% endfor %}\n{% endfor %}\n",
        4,
    ),
    (
        "doubling",
        "Subject: x\n\n{% set s = namespace(x='0123456789') %}\n{% for a in range(60) %}\n{% set s.x = s.x ~ s.x %}\n{% endfor %}\n",
        5,
    ),
    ("a product", "Subject: x\n\n\n{{ 'x' * 99999999 }}\n", 4),
    ("a list", "Subject: x\n\n{% set a = ([0] * 99999999)|list %}\n", 3),
    (
        "text",
        "Subject: x\n\n{% for a in range(90000) %}\n0123456789012345678901234567890123456789012345678901234567890123456789\n0123456789012345678901234567890123456789012345678901234567890123456789\n0123456789012345678901234567890123456789012345678901234567890123456789\n{% endfor %}\n",
        4,
    ),
    ("a filter", "Subject: x\n\n{{ 'x'|indent(999999999, true) }}\n", 3),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_takes_too_much_stops_the_program_with_file_and_line() {
    let world = World::new(Engine::Sqlite).await;
    let mut found = Vec::new();
    for (what, source, _) in GREEDY {
        let folder = letters(&world, &[("low_balance.txt", source)]);
        let output = within_limits(&world, &folder);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{what}: {errors}");
        let place = errors.split_once("low_balance.txt cannot be used, line ");
        let line = place
            .and_then(|(_, rest)| rest.split_once(": it takes too long, or its text is too large"));
        found.push((what, line.expect(&errors).0.to_owned()));
    }
    let wanted = GREEDY.map(|(what, _, line)| (what, line.to_string()));
    assert_eq!(found, wanted);
    let endless = "{% macro again(x) %}{{ again(x) }}{% endmacro %}Subject: x\n\n{{ again(1) }}\n";
    let folder = letters(&world, &[("low_balance.txt", endless)]);
    let output = within_limits(&world, &folder);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(errors.contains("low_balance.txt cannot be used, line 1: "), "{errors}");
    let long = "Subject: x\n\n".to_owned() + &"x".repeat(1 << 20);
    let folder = letters(&world, &[("low_balance.txt", &long)]);
    let output = within_limits(&world, &folder);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(
        errors.contains("low_balance.txt, cannot be read: it is larger than 1 MiB"),
        "{errors}"
    );
    world.end().await;
}

/// The program with these templates, with 2 GB of memory and 60 s of time.
fn within_limits(world: &World, folder: &Path) -> std::process::Output {
    let program = world.program(&["account", "list"]);
    let mut limited = std::process::Command::new("sh");
    limited.args(["-c", "ulimit -v 2000000; exec timeout 60 \"$@\"", "sh"]);
    limited.arg(program.get_program()).args(program.get_args());
    for (name, value) in program.get_envs() {
        limited.env(name, value.expect("a value"));
    }
    limited.current_dir(program.get_current_dir().unwrap_or_else(|| world.folder()));
    limited.env("LINERENT__MAIL__TEMPLATES", folder).output().expect("the program starts")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_takes_too_much_at_run_time_fails_its_notice_alone() {
    let mut world = World::new(Engine::Sqlite).await;
    // No sample has such a name.
    let source =
        "Subject: x\n\n{% if account.name == 'Greedy' %}\n{{ 'x' * 99999999 }}\n{% endif %}\n";
    let folder = letters(&world, &[("low_balance.txt", source)]);
    world.change_mail_settings(|mail| mail.templates = Some(folder));
    for key in ["0000000a", "0000000b"] {
        world.account_with_threshold(key, "5", "5").await;
        world.try_to_adjust(key, "-1", "a fee", "x").await.expect("booked");
    }
    world.execute_sql("UPDATE accounts SET name = 'Greedy' WHERE account_id = 10").await;
    let done = world.deliver().await;
    assert_eq!((done.sent, done.deferred, done.failed, done.trouble), (1, 0, 1, None));
    let failed = world.notices("0000000a").await.remove(0);
    assert_eq!(failed.status, "failed");
    let answer = failed.answer.expect("a reason");
    assert!(
        answer.ends_with(
            "low_balance.txt cannot be used, line 4: it takes too long, or its text is too large"
        ),
        "{answer}"
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_letters_that_is_not_there_is_told_of() {
    let world = World::new(Engine::Sqlite).await;
    let output = world
        .program(&["account", "list"])
        .env("LINERENT__MAIL__TEMPLATES", world.folder().join("nowhere"))
        .output()
        .expect("the program starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains("`mail.templates`") && errors.contains("nowhere"), "{errors}");
    world.end().await;
}

/// A folder with these letters.
fn letters(world: &World, files: &[(&str, &str)]) -> PathBuf {
    let folder = world.folder().join("letters");
    std::fs::create_dir_all(&folder).expect("a folder");
    for (name, source) in files {
        std::fs::write(Path::new(&folder).join(name), source).expect("a file");
    }
    folder
}

#[test]
fn a_template_nested_as_deep_as_possible_is_read_on_a_small_stack() {
    let folder = tempfile::tempdir().expect("a folder");
    let from = mailbox_of("Billing <billing@example.com>").expect("an address");
    for depth in [70, 1_000] {
        let (open, close) = ("(".repeat(depth), ")".repeat(depth));
        let source = format!("Subject: nested\n\n{{{{ {open}1{close} }}}}\n");
        std::fs::write(folder.path().join("low_balance.txt"), source).expect("a file");
        let (path, sender) = (folder.path().to_path_buf(), Sender::new(&from, &from));
        let small = std::thread::Builder::new().stack_size(256 << 10);
        let loading = small.spawn(move || Templates::load(Some(&path), sender).map(drop));
        let loaded = loading.expect("a thread").join().expect("no overflow");
        assert_eq!(loaded.is_ok(), depth == 70, "{depth}: {loaded:?}");
    }
}
