//! Notices are queued in the transaction of the change that they announce, one for each kind and date.

use chrono::{DateTime, Utc};
use sqlx::types::Json;

use crate::notice::{Content, Kind, Notice};
use crate::rng::Rng;
use crate::store::engine::{Sql, Transaction, bulk_sql};
use crate::store::error::StoreError;
use crate::store::notices::rows::id_of;
use crate::store::open::Store;

const QUEUE: Sql = Sql {
    sqlite: "
        INSERT INTO notices (account_id, kind, content, token, billing_date, queued_at, created_at,
            due_at, ordinal, status, attempts)
        SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, $2, $3, $4, $4, 1, 'pending', 0
        FROM jsonb_each($1)
        WHERE TRUE
        ON CONFLICT (account_id, billing_date, kind, ordinal) DO NOTHING",
    postgres: "
        INSERT INTO notices (account_id, kind, content, token, billing_date, queued_at, created_at,
            due_at, ordinal, status, attempts)
        SELECT new.account_id, new.kind, new.content::JSONB, new.token, $5, $6, $7, $7, 1, 'pending', 0
        FROM UNNEST($1::BIGINT[], $2::TEXT[], $3::TEXT[], $4::BIGINT[])
            AS new (account_id, kind, content, token)
        ON CONFLICT (account_id, billing_date, kind, ordinal) DO NOTHING",
};

/// The tokens of notices that were not inserted, because one of the same kind and date exists.
const REFUSED: Sql = bulk_sql!(
    "SELECT new.token
     FROM",
    new from 2 (account_id BIGINT, kind TEXT, token BIGINT),
    "JOIN notices
        ON notices.account_id = new.account_id
        AND notices.billing_date = $1
        AND notices.kind = new.kind
        AND notices.ordinal = 1
     WHERE notices.token <> new.token"
);

/// Queues notices of one moment, after the rows of their accounts. Returns how many emails that adds:
/// if a notice of the kind and date exists and no attempt to send it has been made, the new content is
/// merged into it.
pub(in crate::store) async fn enqueue_notices(
    transaction: &mut Transaction,
    notices: &[&Notice],
    now: DateTime<Utc>,
    rng: &dyn Rng,
) -> Result<u64, StoreError> {
    let Some(queued) = notices.first().map(|notice| notice.queued) else { return Ok(0) };
    assert!(notices.iter().all(|it| it.queued == queued), "one write is of one moment");
    let mut rows = Vec::with_capacity(notices.len());
    for notice in notices {
        let content = serde_json::to_string(&notice.content)
            .map_err(|error| StoreError::unreadable("a notice", error))?;
        rows.push((id_of(notice.to), notice.content.kind().as_str(), content, rng.token()));
    }
    let keys: Vec<_> = rows.iter().map(|(id, kind, _, token)| (*id, *kind, *token)).collect();
    let added = transaction
        .query(QUEUE)
        .bind_rows(rows)
        .bind(queued.on)
        .bind(queued.at)
        .bind(now)
        .execute()
        .await?;
    if usize::try_from(added).is_ok_and(|added| added == notices.len()) {
        return Ok(added);
    }
    let refused: Vec<(i64,)> =
        transaction.query(REFUSED).bind(queued.on).bind_rows(keys.clone()).fetch_all().await?;
    let mut more = 0;
    for (notice, (_, _, token)) in notices.iter().zip(&keys) {
        if refused.contains(&(*token,)) {
            more += u64::from(merge_or_add(transaction, notice, *token, now).await?);
        }
    }
    Ok(added + more)
}

/// Merges `notice` into the latest of its kind and date, or queues another one if that may already be
/// sent. Returns whether another one was queued.
async fn merge_or_add(
    transaction: &mut Transaction,
    notice: &Notice,
    token: i64,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let kind = notice.content.kind();
    let earlier: Vec<(i64, String)> = transaction
        .query(
            "SELECT ordinal, CAST(content AS TEXT)
             FROM notices
             WHERE account_id = $1 AND billing_date = $2 AND kind = $3
             ORDER BY ordinal DESC",
        )
        .bind(id_of(notice.to))
        .bind(notice.queued.on)
        .bind(kind.as_str())
        .fetch_all()
        .await?;
    let latest = earlier.first().map_or(0, |(ordinal, _)| *ordinal);
    // An unreadable notice is left unchanged: it must not stop billing.
    let mut earlier = earlier.into_iter().map(|(_, content)| serde_json::from_str(&content).ok());
    let latest_content: Option<Content> = earlier.next().flatten();
    let is_same = |content: &Option<Content>| content.as_ref() == Some(&notice.content);
    // The date was run again with the same report, or failed again for the same reason.
    let is_queued_already = match kind {
        Kind::Report => is_same(&latest_content),
        Kind::RunFailed => is_same(&latest_content) || earlier.any(|content| is_same(&content)),
        _ => false,
    };
    if is_queued_already {
        return Ok(false);
    }
    let both = latest_content.and_then(|mut both| {
        both.merge(notice.content.clone()).ok()?;
        Some(both)
    });
    let is_merged = match both {
        Some(both) => merge_into(transaction, notice, latest, &both, token).await?,
        None => false,
    };
    if is_merged {
        return Ok(false);
    }
    transaction
        .query(
            "INSERT INTO notices (account_id, billing_date, kind, ordinal, content, token, queued_at,
                created_at, due_at, status, attempts)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, 'pending', 0)",
        )
        .bind(id_of(notice.to))
        .bind(notice.queued.on)
        .bind(kind.as_str())
        .bind(latest + 1)
        .bind(Json(&notice.content))
        .bind(token)
        .bind(notice.queued.at)
        .bind(now)
        .execute()
        .await?;
    Ok(true)
}

/// Replaces the content of a queued, unclaimed notice with `merged`; returns whether it did.
async fn merge_into(
    transaction: &mut Transaction,
    notice: &Notice,
    ordinal: i64,
    both: &Content,
    token: i64,
) -> Result<bool, StoreError> {
    // A claimed notice may have been delivered: its content must not change.
    let merged = transaction
        .query(
            "UPDATE notices
             SET content = $5, token = $6
             WHERE account_id = $1 AND billing_date = $2 AND kind = $3 AND ordinal = $4
                AND settled_at IS NULL
                AND attempts = 0
                AND claimed_until IS NULL",
        )
        .bind(id_of(notice.to))
        .bind(notice.queued.on)
        .bind(notice.content.kind().as_str())
        .bind(ordinal)
        .bind(Json(both))
        .bind(token)
        .execute()
        .await?;
    Ok(merged == 1)
}

impl Store {
    /// Queues a notice that does not belong to a change of an account.
    pub async fn queue_notice(
        &self,
        notice: &Notice,
        now: DateTime<Utc>,
        rng: &dyn Rng,
    ) -> Result<(), StoreError> {
        let mut transaction = self.database.begin().await?;
        enqueue_notices(&mut transaction, &[notice], now, rng).await?;
        transaction.commit().await
    }
}
