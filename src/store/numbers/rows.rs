//! The `numbers` table.

use crate::rental::{InventoryNumber, Msisdn, Number, NumberStatus};
use chrono::NaiveDate;

use crate::ids::AccountId;
use crate::money::Money;
use crate::store::columns::{account_of, read_currency};
use crate::store::engine::{Sql, bulk_sql, row_struct};
use crate::store::error::StoreError;
use crate::store::open::Store;

row_struct! {
    #[derive(Debug)]
    pub(in crate::store) struct NumberRow {
        msisdn: String,
        country: String,
        r#type: String,
        features: String,
        monthly_price: i64,
        setup_price: i64,
        currency: String,
        is_shared: bool,
        status: String,
        account_id: Option<i64>,
        held_until: Option<NaiveDate>,
    }
}

impl NumberRow {
    /// Fails if the columns contradict each other.
    pub(in crate::store) fn into_number(self) -> Result<InventoryNumber, StoreError> {
        let what = format!("number {}", self.msisdn);
        let currency = read_currency(&self.currency, &what)?;
        let account = self.account_id.map(account_of).transpose()?;
        let status = match (self.status.as_str(), account, self.held_until) {
            ("available", None, None) => NumberStatus::Available,
            ("rented", Some(account), None) => NumberStatus::Rented(account),
            ("held", Some(account), Some(until)) => NumberStatus::Held { account, until },
            ("retired", None, None) => NumberStatus::Retired,
            (status, ..) => {
                return Err(StoreError::unreadable(&what, format!("its status is `{status}`")));
            }
        };
        let number = Number {
            msisdn: self.msisdn.parse().map_err(|error| StoreError::unreadable(&what, error))?,
            country: self.country,
            kind: self.r#type.parse().map_err(|error| StoreError::unreadable(&what, error))?,
            features: self
                .features
                .split(',')
                .filter(|word| !word.is_empty())
                .map(str::to_owned)
                .collect(),
            monthly_price: Money::from_micros(self.monthly_price, currency),
            setup_price: Money::from_micros(self.setup_price, currency),
            is_shared: self.is_shared,
        };
        Ok(InventoryNumber { number, status })
    }
}

const INSERT_NUMBERS: Sql = bulk_sql!(
    "INSERT INTO numbers (msisdn, country, type, features, monthly_price, setup_price, currency,
        is_shared, status)
     SELECT new.*, 'available'
     FROM",
    new (
        msisdn TEXT, country TEXT, type TEXT, features TEXT, monthly_price BIGINT,
        setup_price BIGINT, currency TEXT, is_shared BOOLEAN
    ),
    ""
);

const KNOWN_NUMBERS: Sql = Sql {
    sqlite: "SELECT msisdn FROM numbers WHERE msisdn IN (SELECT value ->> 0 FROM jsonb_each($1))",
    postgres: "SELECT msisdn FROM numbers WHERE msisdn = ANY($1::TEXT[])",
};

/// Rows per statement.
const CHUNK: usize = 5_000;

impl Store {
    /// Which of `numbers` are already in the inventory.
    pub async fn known_numbers(&self, numbers: &[Number]) -> Result<Vec<String>, StoreError> {
        let mut known = Vec::new();
        for chunk in numbers.chunks(CHUNK) {
            let rows = chunk.iter().map(|number| (number.msisdn.as_str(),)).collect();
            let found: Vec<(String,)> =
                self.database.query(KNOWN_NUMBERS).bind_rows(rows).fetch_all().await?;
            known.extend(found.into_iter().map(|(msisdn,)| msisdn));
        }
        Ok(known)
    }

    /// Adds all of `numbers` to the inventory, available for rental, in one transaction. `report`
    /// receives the size of each chunk.
    pub async fn import_numbers(
        &self,
        numbers: &[Number],
        report: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<(), StoreError> {
        let mut transaction = self.database.begin().await?;
        for chunk in numbers.chunks(CHUNK) {
            let rows = chunk
                .iter()
                .map(|number| {
                    (
                        number.msisdn.as_str(),
                        number.country.as_str(),
                        number.kind.as_str(),
                        stored_features(&number.features),
                        number.monthly_price.micros(),
                        number.setup_price.micros(),
                        number.monthly_price.currency().code(),
                        number.is_shared,
                    )
                })
                .collect();
            transaction.query(INSERT_NUMBERS).bind_rows(rows).execute().await?;
            report(chunk.len() as u64);
        }
        transaction.commit().await
    }

    pub async fn find_number(
        &self,
        msisdn: &Msisdn,
    ) -> Result<Option<InventoryNumber>, StoreError> {
        let row: Option<NumberRow> = self
            .database
            .query(
                "SELECT msisdn, country, type, features, monthly_price, setup_price, currency,
                    is_shared, status, account_id, held_until
                 FROM numbers
                 WHERE msisdn = $1",
            )
            .bind(msisdn.as_str())
            .fetch_optional()
            .await?;
        row.map(NumberRow::into_number).transpose()
    }

    /// At most `limit` numbers after `after`, in order, of one status or of any.
    pub async fn numbers(
        &self,
        status: Option<&str>,
        after: &str,
        limit: u32,
    ) -> Result<Vec<InventoryNumber>, StoreError> {
        let rows: Vec<NumberRow> = self
            .database
            .query(
                "SELECT msisdn, country, type, features, monthly_price, setup_price, currency,
                    is_shared, status, account_id, held_until
                 FROM numbers
                 WHERE msisdn > $1 AND ($2 IS NULL OR status = $2)
                 ORDER BY msisdn
                 LIMIT $3",
            )
            .bind(after)
            .bind(status)
            .bind(i64::from(limit))
            .fetch_all()
            .await?;
        rows.into_iter().map(NumberRow::into_number).collect()
    }

    /// The numbers that are held for `account`, in order, with the day on which each goes back on sale.
    pub async fn held_numbers(
        &self,
        account: AccountId,
    ) -> Result<Vec<(Msisdn, NaiveDate)>, StoreError> {
        let rows: Vec<(String, NaiveDate)> = self
            .database
            .query(
                // Through the account's subscriptions: `numbers` has no index on the account.
                "SELECT msisdn, held_until
                 FROM numbers
                 WHERE status = 'held'
                     AND account_id = $1
                     AND msisdn IN (SELECT msisdn FROM subscriptions WHERE account_id = $1)
                 ORDER BY msisdn",
            )
            .bind(account.to_i64())
            .fetch_all()
            .await?;
        rows.into_iter()
            .map(|(msisdn, until)| match msisdn.parse() {
                Ok(msisdn) => Ok((msisdn, until)),
                Err(error) => Err(StoreError::unreadable(format!("number {msisdn}"), error)),
            })
            .collect()
    }

    /// How many holds end on `today` or earlier.
    pub async fn count_ended_holds(&self, today: NaiveDate) -> Result<u64, StoreError> {
        let (count,): (i64,) = self
            .database
            .query("SELECT COUNT(*) FROM numbers WHERE status = 'held' AND held_until <= $1")
            .bind(today)
            .fetch_one()
            .await?;
        Ok(count.unsigned_abs())
    }

    /// Retires the number unless it is rented; returns whether it did.
    pub async fn retire_number(&self, msisdn: &Msisdn) -> Result<bool, StoreError> {
        let mut transaction = self.database.begin().await?;
        let retired = transaction
            .query(
                "UPDATE numbers
                 SET status = 'retired', account_id = NULL, held_until = NULL
                 WHERE msisdn = $1 AND status IN ('available', 'held')",
            )
            .bind(msisdn.as_str())
            .execute()
            .await?;
        transaction.commit().await?;
        Ok(retired == 1)
    }
}

/// `,SMS,VOICE,`: with a comma on both sides of each word, a pattern matches whole words.
fn stored_features(features: &[String]) -> String {
    features.iter().fold(",".to_owned(), |list, word| list + word + ",")
}
