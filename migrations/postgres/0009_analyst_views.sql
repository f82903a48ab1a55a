-- Views for analysts: keys as hexadecimal, amounts as decimals.

CREATE VIEW analyst_accounts AS
SELECT
    lpad(to_hex(account_id), 8, '0') AS account_key,
    name,
    email,
    currency,
    CAST(balance / 1000000.0 AS NUMERIC(20, 6)) AS balance,
    CAST(credit_limit / 1000000.0 AS NUMERIC(20, 6)) AS credit_limit,
    status
FROM accounts;

CREATE VIEW analyst_subscriptions AS
SELECT
    lpad(to_hex(subscriptions.account_id), 8, '0') AS account_key,
    subscriptions.ordinal,
    subscriptions.msisdn,
    numbers.country,
    numbers.type,
    CAST(subscriptions.monthly_price / 1000000.0 AS NUMERIC(20, 6)) AS monthly_price,
    numbers.currency,
    subscriptions.started_on,
    subscriptions.next_renewal_on,
    subscriptions.past_due_since,
    subscriptions.ended_on,
    subscriptions.end_reason
FROM subscriptions
JOIN numbers ON numbers.msisdn = subscriptions.msisdn;

-- With the number that a rental or setup price was charged for.
CREATE VIEW analyst_transfers AS
SELECT
    lpad(to_hex(transfers.account_id), 8, '0') AS account_key,
    transfers.sequence,
    transfers.posted_on,
    transfers.code,
    transfers.debit,
    transfers.credit,
    CAST(transfers.amount / 1000000.0 AS NUMERIC(20, 6)) AS amount,
    transfers.currency,
    CAST(transfers.balance_after / 1000000.0 AS NUMERIC(20, 6)) AS balance_after,
    subscriptions.msisdn,
    transfers.period_start,
    transfers.period_end,
    transfers.idempotency_key
FROM transfers
LEFT JOIN subscriptions
    ON subscriptions.account_id = transfers.account_id
    AND subscriptions.ordinal = transfers.subscription;

CREATE VIEW analyst_reloads AS
SELECT
    lpad(to_hex(account_id), 8, '0') AS account_key,
    reload_id,
    CAST(amount / 1000000.0 AS NUMERIC(20, 6)) AS amount,
    currency,
    payment_method,
    status,
    attempts,
    gateway,
    reference,
    reason,
    requested_on,
    requested_at,
    settled_on,
    settled_at
FROM reloads;

-- The operator's notices have no account_key.
CREATE VIEW analyst_notices AS
SELECT
    CASE WHEN account_id >= 0 THEN lpad(to_hex(account_id), 8, '0') END AS account_key,
    billing_date,
    kind,
    ordinal,
    status,
    attempts,
    recipient,
    subject,
    answer,
    content,
    queued_at,
    settled_at
FROM notices;

CREATE VIEW analyst_repricings AS
SELECT
    country,
    type,
    CAST(monthly_price / 1000000.0 AS NUMERIC(20, 6)) AS monthly_price,
    currency,
    ordered_on,
    effective_on,
    is_done
FROM repricings;
