//! The statements that fill the database, and the ones that a run is compared with.

/// Accounts with 100.00 topped up, each with four numbers for 1.00. Account ids are spread over
/// all 32 bits by an odd factor, and an account's rows lie apart from each other, as they do
/// where customers rent one number after the other.
pub const SEED: &str = "
    INSERT INTO accounts (account_id, name, email, currency, balance, credit_limit, status,
        version, transfer_count, subscription_count, created_at)
    SELECT i * 2654435761 % 4294967296, 'Customer ' || i, 'billing@example.com', 'EUR', 96000000,
        0, 'open', 6, 5, 4, '2026-01-15T00:00:00+00:00'
    FROM seed
    WHERE i <= accounts;

    INSERT INTO numbers (msisdn, country, type, features, monthly_price, setup_price, currency,
        is_shared, status, account_id)
    SELECT CAST(447000000000 + i AS TEXT), 'GB', 'mobile-lvn', ',SMS,VOICE,', 1000000, 0, 'EUR',
        FALSE, 'rented', ((i - 1) % accounts + 1) * 2654435761 % 4294967296
    FROM seed;

    INSERT INTO subscriptions (account_id, ordinal, msisdn, started_on, monthly_price,
        periods_charged, next_renewal_on, ends_at_period_end)
    SELECT ((i - 1) % accounts + 1) * 2654435761 % 4294967296, (i - 1) / accounts + 1,
        CAST(447000000000 + i AS TEXT), '2026-01-15', 1000000, 1, '2026-02-15', FALSE
    FROM seed;

    INSERT INTO transfers (account_id, sequence, code, debit, credit, amount, currency,
        balance_after, idempotency_key, posted_on, posted_at)
    SELECT i * 2654435761 % 4294967296, 1, 'top-up', 'bank', 'balance', 100000000, 'EUR',
        100000000, 'top-up/' || i, '2026-01-15', '2026-01-15T00:00:00+00:00'
    FROM seed
    WHERE i <= accounts;

    INSERT INTO transfers (account_id, sequence, code, debit, credit, amount, currency,
        balance_after, idempotency_key, subscription, period_start, period_end, posted_on,
        posted_at)
    SELECT account_id, ordinal + 1, 'rental', 'balance', 'rental_revenue', 1000000, 'EUR',
        100000000 - ordinal * 1000000, 'rental/' || ordinal || '/2026-01-15', ordinal,
        '2026-01-15', '2026-02-15', '2026-01-15', '2026-01-15T00:00:00+00:00'
    FROM subscriptions;

    DROP TABLE seed;
";

/// It knows that all can be paid, and that the day is one that every month has.
pub const FLOOR_POSTGRES: &str = "
    BEGIN;

    INSERT INTO transfers (account_id, sequence, code, debit, credit, amount, currency,
        balance_after, idempotency_key, subscription, period_start, period_end, posted_on,
        posted_at)
    SELECT account_id, transfer_count + ROW_NUMBER() OVER due, 'rental', 'balance',
        'rental_revenue', monthly_price, currency,
        balance - CAST(SUM(monthly_price) OVER due AS BIGINT),
        'rental/' || ordinal || '/' || next_renewal_on, ordinal, next_renewal_on,
        CAST(started_on + MAKE_INTERVAL(months => CAST(periods_charged + 1 AS INTEGER)) AS DATE),
        '2026-02-15', '2026-02-15T00:00:00+00:00'
    FROM subscriptions
    JOIN accounts USING (account_id)
    WHERE ended_on IS NULL AND next_renewal_on <= '2026-02-15'
    WINDOW due AS (
        PARTITION BY account_id ORDER BY next_renewal_on, started_on, msisdn ROWS UNBOUNDED PRECEDING
    );

    UPDATE accounts
    SET version = version + 1, balance = balance - due.amount,
        transfer_count = transfer_count + due.count
    FROM (
        SELECT account_id, CAST(SUM(monthly_price) AS BIGINT) AS amount, COUNT(*) AS count
        FROM subscriptions
        WHERE ended_on IS NULL AND next_renewal_on <= '2026-02-15'
        GROUP BY account_id
    ) AS due
    WHERE accounts.account_id = due.account_id;

    UPDATE subscriptions
    SET periods_charged = periods_charged + 1, past_due_since = NULL,
        next_renewal_on = CAST(
            started_on + MAKE_INTERVAL(months => CAST(periods_charged + 1 AS INTEGER)) AS DATE
        )
    WHERE ended_on IS NULL AND next_renewal_on <= '2026-02-15';

    COMMIT;
";

pub const FLOOR_SQLITE: &str = "
    BEGIN IMMEDIATE;

    INSERT INTO transfers (account_id, sequence, code, debit, credit, amount, currency,
        balance_after, idempotency_key, subscription, period_start, period_end, posted_on,
        posted_at)
    SELECT account_id, transfer_count + ROW_NUMBER() OVER due, 'rental', 'balance',
        'rental_revenue', monthly_price, currency, balance - SUM(monthly_price) OVER due,
        'rental/' || ordinal || '/' || next_renewal_on, ordinal, next_renewal_on,
        DATE(started_on, '+' || (periods_charged + 1) || ' months'),
        '2026-02-15', '2026-02-15T00:00:00+00:00'
    FROM subscriptions
    JOIN accounts USING (account_id)
    WHERE ended_on IS NULL AND next_renewal_on <= '2026-02-15'
    WINDOW due AS (
        PARTITION BY account_id ORDER BY next_renewal_on, started_on, msisdn ROWS UNBOUNDED PRECEDING
    );

    UPDATE accounts
    SET version = version + 1, balance = balance - due.amount,
        transfer_count = transfer_count + due.count
    FROM (
        SELECT account_id, SUM(monthly_price) AS amount, COUNT(*) AS count
        FROM subscriptions
        WHERE ended_on IS NULL AND next_renewal_on <= '2026-02-15'
        GROUP BY account_id
    ) AS due
    WHERE accounts.account_id = due.account_id;

    UPDATE subscriptions
    SET periods_charged = periods_charged + 1, past_due_since = NULL,
        next_renewal_on = DATE(started_on, '+' || (periods_charged + 1) || ' months')
    WHERE ended_on IS NULL AND next_renewal_on <= '2026-02-15';

    COMMIT;
";

// --- The figures ---
