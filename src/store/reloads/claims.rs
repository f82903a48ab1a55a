//! Claims of open reloads: which process asks the gateway, until when, and what it records if the
//! outcome stays unknown.
//!
//! Claims expire by the system clock. They save requests; what prevents a second charge is the reload's
//! id, which is the idempotency key. A claim also stores when the gateway was first asked; from then on
//! the reload counts as sent.

use crate::text::storable;
use chrono::{DateTime, Utc};

use crate::ids::ReloadId;
use crate::reload::{ReloadClaim, ReloadDoubt};
use crate::store::error::StoreError;
use crate::store::open::Store;
use crate::store::reloads::rows::REASON_CHARS_MAX;

impl Store {
    /// Claims an open reload for asking `gateway`, until `claimed_until` at the latest. A new reload
    /// counts as sent from now on, which is when the lifetime of its idempotency key starts.
    pub async fn claim_reload(
        &self,
        id: ReloadId,
        gateway: &str,
        now: DateTime<Utc>,
        claimed_until: DateTime<Utc>,
    ) -> Result<ReloadClaim, StoreError> {
        let mut transaction = self.database.begin().await?;
        let claimed = transaction
            .query(
                "UPDATE reloads
                 SET attempts = attempts + 1, claimed_until = $4, gateway = $5,
                    first_attempt_at = COALESCE(first_attempt_at, $3),
                    last_attempt_at = COALESCE(last_attempt_at, $3)
                 WHERE account_id = $1
                    AND reload_id = $2
                    AND settled_on IS NULL
                    AND (claimed_until IS NULL OR claimed_until <= $3)
                    AND (gateway IS NULL OR gateway = $5)",
            )
            .bind(id.account().to_i64())
            .bind(id.to_string())
            .bind(now)
            .bind(claimed_until)
            .bind(gateway)
            .execute()
            .await?;
        transaction.commit().await?;
        if claimed == 1 {
            let reload = self.find_reload(id).await?.filter(|it| it.status.is_open());
            return Ok(reload.map_or(ReloadClaim::Settled, |it| ReloadClaim::Claimed(Box::new(it))));
        }
        let open: Option<(Option<String>,)> = self
            .database
            .query(
                "SELECT gateway
                 FROM reloads
                 WHERE account_id = $1 AND reload_id = $2 AND settled_on IS NULL",
            )
            .bind(id.account().to_i64())
            .bind(id.to_string())
            .fetch_optional()
            .await?;
        Ok(match open {
            None => ReloadClaim::Settled,
            Some((Some(other),)) if other != gateway => ReloadClaim::OtherGateway(other),
            Some(_) => ReloadClaim::Busy,
        })
    }

    pub async fn is_claimed(&self, id: ReloadId, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let (claims,): (i64,) = self
            .database
            .query(
                "SELECT COUNT(*)
                 FROM reloads
                 WHERE account_id = $1
                    AND reload_id = $2
                    AND settled_on IS NULL
                    AND claimed_until > $3",
            )
            .bind(id.account().to_i64())
            .bind(id.to_string())
            .bind(now)
            .fetch_one()
            .await?;
        Ok(claims > 0)
    }

    /// Claims an open, unclaimed reload without counting an attempt; returns whether it did.
    pub async fn hold_reload(
        &self,
        id: ReloadId,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.database.begin().await?;
        let held = transaction
            .query(
                "UPDATE reloads
                 SET claimed_until = $4
                 WHERE account_id = $1
                    AND reload_id = $2
                    AND settled_on IS NULL
                    AND (claimed_until IS NULL OR claimed_until <= $3)",
            )
            .bind(id.account().to_i64())
            .bind(id.to_string())
            .bind(now)
            .bind(until)
            .execute()
            .await?;
        transaction.commit().await?;
        Ok(held == 1)
    }

    /// Releases the claim that [`Store::hold_reload`] took until `until`, if it is still held.
    pub async fn let_go_of_reload(
        &self,
        id: ReloadId,
        until: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.database.begin().await?;
        transaction
            .query(
                "UPDATE reloads
                 SET claimed_until = NULL
                 WHERE account_id = $1 AND reload_id = $2 AND claimed_until = $3",
            )
            .bind(id.account().to_i64())
            .bind(id.to_string())
            .bind(until)
            .execute()
            .await?;
        transaction.commit().await
    }

    /// Records that the gateway is about to be asked to charge again.
    pub async fn note_asking_again(
        &self,
        id: ReloadId,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.database.begin().await?;
        transaction
            .query(
                "UPDATE reloads
                 SET last_attempt_at = CASE WHEN last_attempt_at < $3 THEN $3 ELSE last_attempt_at END
                 WHERE account_id = $1 AND reload_id = $2",
            )
            .bind(id.account().to_i64())
            .bind(id.to_string())
            .bind(now)
            .execute()
            .await?;
        transaction.commit().await
    }

    /// Records that the outcome is not known, and releases the claim.
    ///
    /// # Errors
    /// [`StoreError::ReferenceTaken`] if another reload has the reference of `doubt`.
    pub async fn note_doubt(
        &self,
        id: ReloadId,
        doubt: &ReloadDoubt<'_>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.database.begin().await?;
        transaction
            .query(
                "UPDATE reloads
                 SET status = 'in_doubt', reason = $3, reference = COALESCE($4, reference),
                    next_attempt_at = $5, claimed_until = NULL
                 WHERE account_id = $1
                    AND reload_id = $2
                    AND settled_on IS NULL
                    AND attempts = $6",
            )
            .bind(id.account().to_i64())
            .bind(id.to_string())
            .bind(storable(doubt.reason, REASON_CHARS_MAX))
            .bind(doubt.reference)
            .bind(doubt.next_attempt_at)
            .bind(i64::from(doubt.attempts))
            .execute()
            .await?;
        transaction.commit().await
    }
}
