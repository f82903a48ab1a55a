//! Many accounts at once, written straight into the database as renting would have left them.

use std::fmt::Write as _;

use linerent::calendar::Period;

use crate::world::{FIRST_DAY, World, date};

/// Accounts that rented on the world's first day, spread over all keys.
#[derive(Debug, Clone, Copy)]
pub struct Population {
    pub accounts: u32,
    /// Numbers that each of them rents; the first costs 1 EUR a month, the second 2, …
    pub numbers_each: u32,
    /// For how many more months the money of an account lasts, by its index.
    pub months_paid: fn(u32) -> u64,
}

impl Population {
    /// The id of the account with this index.
    pub fn id(&self, index: u32) -> u32 {
        index * (u32::MAX / self.accounts)
    }

    /// What all numbers of one account cost for one month, in EUR.
    pub fn price_each(&self) -> u64 {
        (1..=u64::from(self.numbers_each)).sum()
    }

    /// How many accounts the `condition` on their months holds for.
    pub fn count(&self, condition: impl Fn(u64) -> bool) -> u64 {
        (0..self.accounts).filter(|index| condition((self.months_paid)(*index))).count() as u64
    }
}

const MICROS: u64 = 1_000_000;

impl World {
    pub async fn seed(&self, crowd: &Population) {
        let mut accounts = Vec::new();
        let mut numbers = Vec::new();
        let mut subscriptions = Vec::new();
        let mut transfers = Vec::new();
        let period = Period::of(date(FIRST_DAY), 0).expect("in range");
        let (start, end) = (period.start, period.end);
        let (each, price_each) = (crowd.numbers_each, crowd.price_each() * MICROS);
        for index in 0..crowd.accounts {
            let id = crowd.id(index);
            let left = (crowd.months_paid)(index) * price_each;
            let mut balance = left + price_each;
            accounts.push(format!(
                "({id}, 'Account', 'a@example.com', 'EUR', {left}, 0, 'open', 1, {}, {each},
                 '{start}T00:00:00+00:00')",
                each + 1
            ));
            transfers.push(format!(
                "({id}, 1, 'top-up', 'bank', 'balance', {balance}, 'EUR', {balance},
                 'top-up/opening', NULL, NULL, NULL, '{start}', '{start}T00:00:00+00:00')"
            ));
            for ordinal in 1..=each {
                let msisdn = 447_000_000_000 + u64::from(index * each + ordinal);
                let price = u64::from(ordinal) * MICROS;
                balance -= price;
                numbers.push(format!(
                    "('{msisdn}', 'GB', 'mobile-lvn', ',SMS,', {price}, 0, 'EUR', FALSE, 'rented',
                     {id})"
                ));
                subscriptions.push(format!(
                    "({id}, {ordinal}, '{msisdn}', '{start}', {price}, 1, '{end}', FALSE)"
                ));
                transfers.push(format!(
                    "({id}, {}, 'rental', 'balance', 'rental_revenue', {price}, 'EUR', {balance},
                     'rental/{ordinal}/{start}', {ordinal}, '{start}', '{end}', '{start}',
                     '{start}T00:00:00+00:00')",
                    ordinal + 1
                ));
            }
        }
        let mut sql = "BEGIN;".to_owned();
        insert(
            &mut sql,
            "accounts (account_id, name, email, currency, balance, credit_limit, status, version,
                transfer_count, subscription_count, created_at)",
            &accounts,
        );
        insert(
            &mut sql,
            "numbers (msisdn, country, type, features, monthly_price, setup_price, currency,
                is_shared, status, account_id)",
            &numbers,
        );
        insert(
            &mut sql,
            "subscriptions (account_id, ordinal, msisdn, started_on, monthly_price,
                periods_charged, next_renewal_on, ends_at_period_end)",
            &subscriptions,
        );
        insert(
            &mut sql,
            "transfers (account_id, sequence, code, debit, credit, amount, currency, balance_after,
                idempotency_key, subscription, period_start, period_end, posted_on, posted_at)",
            &transfers,
        );
        sql.push_str("COMMIT;");
        self.execute_sql(&sql).await;
    }
}

fn insert(sql: &mut String, columns: &str, rows: &[String]) {
    for chunk in rows.chunks(400) {
        write!(sql, "INSERT INTO {columns} VALUES {};", chunk.join(",")).expect("memory");
    }
}
