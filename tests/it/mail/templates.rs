//! Templates that an operator replaces.

use std::path::{Path, PathBuf};

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
