//! What every benchmark needs: how much to do, where, and what came of it.

use std::time::Duration;

use anyhow::{Context as _, Result};
use linerent::rng::{Rng as _, SystemRng};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

/// A count from the environment, if it is there.
pub fn setting<T: std::str::FromStr>(name: &str, default: T) -> Result<T> {
    match std::env::var(name) {
        Ok(text) => {
            text.parse().ok().with_context(|| format!("`{name}` is `{text}`, which is no count"))
        }
        Err(_) => Ok(default),
    }
}

/// The throw-away PostgreSQL cluster, if there is one.
pub fn cluster() -> Option<String> {
    let cluster = std::env::var("LINERENT_TEST_POSTGRES").ok();
    if cluster.is_none() {
        eprintln!(
            "SQLite only: `./scripts/test --with-cluster cargo bench` measures PostgreSQL too"
        );
    }
    cluster
}

/// The URL of a new database in `cluster`, with which it goes.
pub async fn create_database(cluster: &str) -> Result<String> {
    let name = format!("linerent_bench_{}", SystemRng.unique_name());
    execute_postgres(cluster, format!("CREATE DATABASE {name}")).await?;
    let (server, _) = cluster.rsplit_once('/').context("a URL with a database")?;
    Ok(format!("{server}/{name}"))
}

pub async fn execute_postgres(url: &str, sql: String) -> Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await?;
    Ok(connection.close().await?)
}

/// `part` of `whole`, to two decimals.
pub fn ratio(part: Duration, whole: Duration) -> String {
    let hundredths = part.as_micros() * 100 / whole.as_micros().max(1);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}
