//! The database behind the product's back: statements of a test's own, and dumps.

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};

use crate::world::{Engine, World};

impl World {
    /// A statement of the test's own, behind the product's back.
    pub async fn execute_sql(&self, sql: &str) {
        self.try_to_execute(sql).await.expect("the sabotage succeeds");
    }

    /// A statement of the test's own while the database may still be at work on what a killed
    /// process asked for: the two may stand in each other's way.
    pub async fn execute_sql_again_after_deadlocks(&self, sql: &str) {
        for _ in 0..10 {
            match self.try_to_execute(sql).await {
                Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("40P01") => {}
                outcome => return outcome.expect("the sabotage succeeds"),
            }
        }
        panic!("deadlocks without an end");
    }

    /// What the database says to a statement that it refuses.
    pub async fn sql_error_of(&self, sql: &str) -> String {
        self.try_to_execute(sql).await.expect_err("the statement is refused").to_string()
    }

    async fn try_to_execute(&self, sql: &str) -> Result<(), sqlx::Error> {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        match self.engine {
            Engine::Sqlite => {
                let mut connection = SqliteConnection::connect(&self.url).await?;
                sql.execute(&mut connection).await?;
                connection.close().await
            }
            Engine::Postgres => {
                let mut connection = PgConnection::connect(&self.url).await?;
                sql.execute(&mut connection).await?;
                connection.close().await
            }
        }
    }

    /// The rows of a statement that selects one text.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        let sql = AssertSqlSafe(sql.to_owned());
        match self.engine {
            Engine::Sqlite => {
                let mut connection =
                    SqliteConnection::connect(&self.url).await.expect("a connection");
                sqlx::query_scalar(sql).fetch_all(&mut connection).await
            }
            Engine::Postgres => {
                let mut connection = PgConnection::connect(&self.url).await.expect("a connection");
                sqlx::query_scalar(sql).fetch_all(&mut connection).await
            }
        }
        .expect("rows of one text")
    }

    /// Everything that billing changes, one text for each row.
    pub async fn dump(&self) -> Vec<String> {
        let mut rows = Vec::new();
        for sql in DUMPS {
            rows.extend(self.texts(sql).await);
        }
        rows
    }
}

impl World {
    /// Every column of every row of an SQLite database, one text for each row; but not when the migrations
    /// were applied, which sqlx takes from the machine's clock.
    pub async fn whole_dump(&self) -> Vec<String> {
        let tables = "SELECT name
            FROM sqlite_schema
            WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> '_sqlx_migrations'
            ORDER BY name";
        let mut rows = Vec::new();
        for table in self.texts(tables).await {
            let columns = format!("SELECT name FROM pragma_table_info('{table}') ORDER BY cid");
            let columns: Vec<_> = self.texts(&columns).await;
            let columns: Vec<_> = columns.iter().map(|name| format!("quote(\"{name}\")")).collect();
            let columns = columns.join(", ");
            let select =
                format!("SELECT concat_ws('|', '{table}', {columns}) FROM {table} ORDER BY 1");
            rows.extend(self.texts(&select).await);
        }
        rows
    }
}

const DUMPS: [&str; 7] = [
    "SELECT concat_ws('|', 'account', account_id, name, email, currency, balance, credit_limit,
        coalesce(CAST(low_balance AS TEXT), '-'), status, version, transfer_count,
        subscription_count, created_at)
     FROM accounts
     ORDER BY account_id",
    "SELECT concat_ws('|', 'number', msisdn, country, type, features, monthly_price, setup_price,
        currency, is_shared, status, coalesce(CAST(account_id AS TEXT), '-'),
        coalesce(CAST(held_until AS TEXT), '-'))
     FROM numbers
     ORDER BY msisdn",
    "SELECT concat_ws('|', 'subscription', account_id, ordinal, msisdn, started_on, monthly_price,
        coalesce(CAST(price_changes AS TEXT), '-'), periods_charged, next_renewal_on, coalesce(CAST(past_due_since AS TEXT), '-'),
        ends_at_period_end, coalesce(CAST(ended_on AS TEXT), '-'), coalesce(end_reason, '-'))
     FROM subscriptions
     ORDER BY account_id, ordinal",
    "SELECT concat_ws('|', 'transfer', account_id, sequence, code, debit, credit, amount, currency,
        balance_after, idempotency_key, coalesce(CAST(subscription AS TEXT), '-'),
        coalesce(CAST(period_start AS TEXT), '-'), coalesce(CAST(period_end AS TEXT), '-'),
        coalesce(reason, '-'), posted_on, posted_at)
     FROM transfers
     ORDER BY account_id, sequence",
    "SELECT concat_ws('|', 'auto_reload', account_id, threshold, amount, payment_method,
        coalesce(customer, '-'), status, declines, coalesce(CAST(declined_at AS TEXT), '-'))
     FROM auto_reloads
     ORDER BY account_id",
    "SELECT concat_ws('|', 'reload', account_id, reload_id, amount, currency, payment_method,
        status, attempts, coalesce(gateway, '-'), coalesce(reference, '-'), coalesce(reason, '-'),
        requested_on, coalesce(CAST(settled_on AS TEXT), '-'))
     FROM reloads
     ORDER BY account_id, reload_id",
    "SELECT concat_ws('|', 'change_log', account_id, version, ordinal, kind,
        coalesce(CAST(subscription AS TEXT), '-'), coalesce(CAST(threshold AS TEXT), '-'),
        coalesce(CAST(amount_before AS TEXT), '-'), coalesce(CAST(amount AS TEXT), '-'),
        coalesce(CAST(effective_on AS TEXT), '-'), coalesce(text_before, '-'),
        coalesce(text, '-'), transfer_count, changed_on, changed_at)
     FROM change_log
     ORDER BY account_id, version, ordinal",
];
