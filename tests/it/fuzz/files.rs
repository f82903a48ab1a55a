//! Files: numbers, settings and templates.

use linerent::config;
use linerent::mail::{Sender, Templates, mailbox_of};
use linerent::operations::numbers::import::import;
use linerent_testkit::fuzz::check_fewer;
use tokio::runtime::Handle;
use tokio::task::block_in_place;

on_both_engines!(a_file_of_numbers_is_imported_whole_or_not_at_all, |world| {
    let world: &World = world;
    block_in_place(|| {
        check_fewer("numbers_csv", 4, |input| {
            Handle::current().block_on(async {
                let count = async || {
                    let sql = "SELECT CAST(COUNT(*) AS TEXT) FROM numbers";
                    world.texts(sql).await[0].parse::<usize>().expect("a count")
                };
                let before = count().await;
                let imported = match import(&world.app, input).await {
                    Ok(imported) => imported.imported,
                    // Everything that is accepted can be stored, so only the file can be the cause.
                    Err(error) => {
                        let text = format!("{error:?}");
                        assert!(!text.contains("the database"), "{text}");
                        0
                    }
                };
                assert_eq!(count().await, before + imported);
            });
        });
    });
});

#[test]
fn any_file_of_settings_is_read_or_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("linerent.toml");
    check_fewer("settings", 1, |input| {
        std::fs::write(&path, input).expect("a file");
        if config::load(Some(&path), None).is_ok() {
            config::show(Some(&path), None).expect("what is valid can be shown");
        }
    });
}

#[test]
fn any_template_is_rendered_or_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let from = mailbox_of("Billing <billing@example.com>").expect("an address");
    check_fewer("templates", 8, |input| {
        for name in ["low_balance.txt", "low_balance.html"] {
            let path = folder.path().join(name);
            std::fs::write(&path, input).expect("a file");
            if let Err(error) = Templates::load(Some(folder.path()), Sender::new(&from, &from)) {
                // The place of a fault may be a built-in template that this one uses.
                let text = error.to_string();
                assert!(text.contains("cannot be used") || text.contains(name), "{text}");
            }
            std::fs::remove_file(path).expect("the file goes");
        }
    });
}
