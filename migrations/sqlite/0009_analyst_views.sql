-- Views for analysts: keys as hexadecimal, amounts as decimals with six places. SQLite has no decimal type, so the
-- amounts are text.

CREATE VIEW analyst_accounts AS
SELECT
    printf('%08x', account_id) AS account_key,
    name,
    email,
    currency,
    printf('%s%d.%06d', iif(balance < 0, '-', ''), abs(balance) / 1000000, abs(balance) % 1000000) AS balance,
    printf('%d.%06d', credit_limit / 1000000, credit_limit % 1000000) AS credit_limit,
    status
FROM accounts;

CREATE VIEW analyst_subscriptions AS
SELECT
    printf('%08x', subscriptions.account_id) AS account_key,
    subscriptions.ordinal,
    subscriptions.msisdn,
    numbers.country,
    numbers.type,
    printf('%d.%06d', subscriptions.monthly_price / 1000000, subscriptions.monthly_price % 1000000) AS monthly_price,
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
    printf('%08x', transfers.account_id) AS account_key,
    transfers.sequence,
    transfers.posted_on,
    transfers.code,
    transfers.debit,
    transfers.credit,
    printf('%d.%06d', transfers.amount / 1000000, transfers.amount % 1000000) AS amount,
    transfers.currency,
    printf(
        '%s%d.%06d',
        iif(transfers.balance_after < 0, '-', ''),
        abs(transfers.balance_after) / 1000000,
        abs(transfers.balance_after) % 1000000
    ) AS balance_after,
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
    printf('%08x', account_id) AS account_key,
    reload_id,
    printf('%d.%06d', amount / 1000000, amount % 1000000) AS amount,
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
    CASE WHEN account_id >= 0 THEN printf('%08x', account_id) END AS account_key,
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
    printf('%d.%06d', monthly_price / 1000000, monthly_price % 1000000) AS monthly_price,
    currency,
    ordered_on,
    effective_on,
    is_done
FROM repricings;
