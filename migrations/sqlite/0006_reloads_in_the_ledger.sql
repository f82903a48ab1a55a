-- The ledger takes reloads (and, one day, refunds), and a run has a pass for them. SQLite cannot
-- change a check: both tables are made anew and filled from the old ones, in this one transaction.
DROP VIEW analyst_transfers;

CREATE TABLE transfers_new (
    account_id BIGINT NOT NULL REFERENCES accounts (account_id),
    -- The account's how-many-eth transfer, from 1, without a gap.
    sequence BIGINT NOT NULL,
    code TEXT NOT NULL,
    -- Ledger accounts: 'balance' is the account's, the others are the house's.
    debit TEXT NOT NULL,
    credit TEXT NOT NULL,
    amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    balance_after BIGINT NOT NULL,
    -- Names the reason: 'rental/3/2026-02-28', 'top-up/REFERENCE'. The same reason counts once.
    idempotency_key TEXT NOT NULL,
    -- For a rental or setup price: which subscription and which period.
    subscription BIGINT,
    period_start DATE,
    period_end DATE,
    -- The operator's words for an adjustment.
    reason TEXT,
    -- The billing date it counts for.
    posted_on DATE NOT NULL,
    posted_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (account_id, sequence),
    CONSTRAINT transfers_once UNIQUE (account_id, idempotency_key),
    CONSTRAINT transfers_amount CHECK (amount > 0),
    CONSTRAINT transfers_sides CHECK ((debit = 'balance') <> (credit = 'balance')),
    CONSTRAINT transfers_code CHECK (
        code IN ('rental', 'setup', 'reload', 'top-up', 'adjustment', 'refund')
    ),
    CONSTRAINT transfers_period CHECK (
        (code IN ('rental', 'setup')) = (subscription IS NOT NULL)
        AND (subscription IS NULL) = (period_start IS NULL)
        AND (subscription IS NULL) = (period_end IS NULL)
    )
) WITHOUT ROWID;

INSERT INTO transfers_new (account_id, sequence, code, debit, credit, amount, currency, balance_after,
    idempotency_key, subscription, period_start, period_end, reason, posted_on, posted_at)
SELECT account_id, sequence, code, debit, credit, amount, currency, balance_after,
    idempotency_key, subscription, period_start, period_end, reason, posted_on, posted_at
FROM transfers;

DROP TABLE transfers;
ALTER TABLE transfers_new RENAME TO transfers;

CREATE TRIGGER transfers_never_change BEFORE UPDATE ON transfers
BEGIN
    SELECT RAISE(ABORT, 'transfers_append_only: a transfer is never changed, post its opposite');
END;

CREATE TRIGGER transfers_never_go BEFORE DELETE ON transfers
BEGIN
    SELECT RAISE(ABORT, 'transfers_append_only: a transfer is never removed, post its opposite');
END;

-- REPLACE would remove the old row without asking the trigger above.
CREATE TRIGGER transfers_never_replaced BEFORE INSERT ON transfers
WHEN EXISTS (
    SELECT 1
    FROM transfers
    WHERE account_id = NEW.account_id
        AND (sequence = NEW.sequence OR idempotency_key = NEW.idempotency_key)
)
BEGIN
    SELECT RAISE(ABORT, 'transfers_append_only: there is such a transfer, and it is never replaced');
END;

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

CREATE TABLE run_slices_new (
    billing_date DATE NOT NULL REFERENCES runs (billing_date),
    pass TEXT NOT NULL,
    slice BIGINT NOT NULL,
    first_account_id BIGINT NOT NULL,
    last_account_id BIGINT NOT NULL,
    -- Accounts before this one are done.
    next_account_id BIGINT NOT NULL,
    is_done BOOLEAN NOT NULL,
    leased_by TEXT,
    -- By the machines' clocks, in a sandbox too. A lease that ran out can be taken over.
    leased_until TIMESTAMPTZ,
    -- What was done: an object of counts, and amounts by currency in 10^-6 units.
    counts JSONB NOT NULL,
    PRIMARY KEY (billing_date, pass, slice),
    CONSTRAINT run_slices_pass CHECK (pass IN ('renew', 'reload', 'unfunded', 'return')),
    CONSTRAINT run_slices_lease CHECK ((leased_by IS NULL) = (leased_until IS NULL))
);

INSERT INTO run_slices_new (billing_date, pass, slice, first_account_id, last_account_id, next_account_id,
    is_done, leased_by, leased_until, counts)
SELECT billing_date, pass, slice, first_account_id, last_account_id, next_account_id,
    is_done, leased_by, leased_until, counts
FROM run_slices;

DROP TABLE run_slices;
ALTER TABLE run_slices_new RENAME TO run_slices;

-- Runs that began before there was the pass get slices of it, so that their date can be run again.
INSERT INTO run_slices (billing_date, pass, slice, first_account_id, last_account_id,
    next_account_id, is_done, counts)
SELECT billing_date, 'reload', slice, first_account_id, last_account_id, first_account_id,
    status <> 'running',
    '{"accounts":0,"renewed":0,"amounts":{},"past_due":0,"released":0,"held_back":0,"returned":0}'
FROM run_slices
JOIN runs USING (billing_date)
WHERE pass = 'renew';

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
