//! An initialised database of each engine, made once for all tests of the process: every world begins with a copy.

use std::path::Path;

use linerent::clock::SystemClock;
use linerent::operations::databases::init;
use linerent::private_files;
use tokio::sync::OnceCell;

use crate::world::{
    FIRST_DAY, cluster, create_empty_postgres_database, create_postgres_database, date, settings,
};

/// Writes the SQLite file `path`, a sandbox that stands on [`FIRST_DAY`].
pub async fn copy_to_sqlite(path: &Path) {
    static FILE: OnceCell<Vec<u8>> = OnceCell::const_new();
    let file = FILE.get_or_init(initialise_sqlite).await;
    private_files::make_file(path).expect("a new file");
    std::fs::write(path, file).expect("a copy of the template");
}

async fn initialise_sqlite() -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("template.db");
    initialise(&format!("sqlite:{}", path.display())).await;
    // Closing the last connection moved the write-ahead log into the file.
    std::fs::read(path).expect("the template's file")
}

/// Creates a PostgreSQL database in the cluster of the tests, a sandbox that stands on [`FIRST_DAY`]; returns its URL.
pub async fn copy_to_postgres() -> String {
    static NAME: OnceCell<String> = OnceCell::const_new();
    let name = NAME.get_or_init(initialise_postgres).await;
    create_postgres_database(&cluster(), &format!("TEMPLATE {name}")).await
}

async fn initialise_postgres() -> String {
    let url = create_empty_postgres_database().await;
    initialise(&url).await;
    let (_, name) = url.rsplit_once('/').expect("a URL with a database");
    name.to_owned()
}

/// Creates the database at `url` as a sandbox that stands on [`FIRST_DAY`], by all migrations.
pub async fn initialise(url: &str) {
    let wanted = init::Wanted::Sandbox(Some(date(FIRST_DAY)));
    init::init(&settings(url), wanted, &SystemClock::default()).await.expect("a sandbox");
}
