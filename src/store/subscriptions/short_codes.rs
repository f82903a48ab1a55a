//! The `short_code_set_ups` table: what the renters of short codes use them for.

use linerent_short_codes::{ProgramKind, ShortCodeProgram};
use sqlx::types::Json;

use crate::ids::AccountId;
use crate::store::accounts::rows::increment_version;
use crate::store::engine::row_struct;
use crate::store::error::StoreError;
use crate::store::open::Store;

/// A subscription to a short code, and the version of its account when it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Renter {
    pub account: AccountId,
    /// The account's version.
    pub version: i64,
    pub ordinal: i64,
}

row_struct! {
    #[derive(Debug)]
    struct SetUpRow {
        kind: String,
        content: Json<serde_json::Value>,
    }
}

impl SetUpRow {
    fn into_set_up(self, renter: &Renter) -> Result<ShortCodeProgram, StoreError> {
        let unreadable = |why: String| {
            let Renter { account, ordinal, .. } = renter;
            let what = format!("the {} of subscription {ordinal} of account {account}", self.kind);
            StoreError::unreadable(what, why)
        };
        let kind: ProgramKind = self.kind.parse().map_err(|it| unreadable(format!("{it}")))?;
        let content = self.content.0;
        let set_up = match kind {
            ProgramKind::TwoFactor => {
                serde_json::from_value(content).map(ShortCodeProgram::TwoFactor)
            }
            ProgramKind::Alert => serde_json::from_value(content).map(ShortCodeProgram::Alert),
        };
        set_up.map_err(|error| unreadable(error.to_string()))
    }
}

impl Store {
    pub async fn set_ups(&self, renter: &Renter) -> Result<Vec<ShortCodeProgram>, StoreError> {
        let rows: Vec<SetUpRow> = self
            .database
            .query(
                "SELECT kind, content
                 FROM short_code_set_ups
                 WHERE account_id = $1 AND ordinal = $2
                 ORDER BY kind",
            )
            .bind(renter.account.to_i64())
            .bind(renter.ordinal)
            .fetch_all()
            .await?;
        rows.into_iter().map(|row| row.into_set_up(renter)).collect()
    }

    /// Stores a set-up of a live subscription; it replaces one of the same kind.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the account has changed since the renter was read.
    pub async fn write_set_up(
        &self,
        renter: &Renter,
        set_up: &ShortCodeProgram,
    ) -> Result<(), StoreError> {
        let content = match set_up {
            ShortCodeProgram::TwoFactor(it) => serde_json::to_value(it),
            ShortCodeProgram::Alert(it) => serde_json::to_value(it),
        };
        let content =
            content.map_err(|error| StoreError::unreadable("a short-code set-up", error))?;
        let mut transaction = self.database.begin().await?;
        increment_version(&mut transaction, renter.account, renter.version).await?;
        let written = transaction
            .query(
                "INSERT INTO short_code_set_ups (account_id, ordinal, kind, content)
                 SELECT account_id, ordinal, $3, $4
                 FROM subscriptions
                 WHERE account_id = $1 AND ordinal = $2 AND ended_on IS NULL
                 ON CONFLICT (account_id, ordinal, kind) DO UPDATE
                 SET content = EXCLUDED.content",
            )
            .bind(renter.account.to_i64())
            .bind(renter.ordinal)
            .bind(set_up.kind().as_str())
            .bind(Json(content))
            .execute()
            .await?;
        if written == 0 {
            return Err(StoreError::Conflict);
        }
        transaction.commit().await
    }

    /// Deletes a set-up; returns false if there is none.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the account has changed since the renter was read.
    pub async fn remove_set_up(
        &self,
        renter: &Renter,
        kind: ProgramKind,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.database.begin().await?;
        increment_version(&mut transaction, renter.account, renter.version).await?;
        let removed = transaction
            .query(
                "DELETE FROM short_code_set_ups
                 WHERE account_id = $1 AND ordinal = $2 AND kind = $3",
            )
            .bind(renter.account.to_i64())
            .bind(renter.ordinal)
            .bind(kind.as_str())
            .execute()
            .await?;
        if removed == 0 {
            // Dropped without a commit.
            return Ok(false);
        }
        transaction.commit().await?;
        Ok(true)
    }
}
