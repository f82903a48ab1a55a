-- The installation, the accounts and the ledger.
--
-- True of all tables:
--
-- Amounts are integers of 10^-6 currency units; the analyst views show them as decimals.
--
-- What grows with the number of accounts has a key that begins with account_id. The row in accounts is
-- the account's lock: every change to its money, subscriptions or reloads first updates that row, and
-- only if its version is still the one that was read.
--
-- Dates are billing dates in the operator's time zone. Timestamps are UTC, by the billing clock: in a sandbox they
-- are of the sandbox's date. Columns that use the machine's clock say so.
--
-- The comment `/* sqlite: … */` stands after each table that SQLite stores in the order of its primary key.
-- Batches read and write rows by account. In insertion order, each row of a batch would be on a page of its own.

-- One row, which says what this database is for.
CREATE TABLE installation (
    is_singleton BOOLEAN NOT NULL PRIMARY KEY CHECK (is_singleton = TRUE),
    kind TEXT NOT NULL,
    -- The current date of a sandbox, which has its own clock.
    sandbox_on DATE,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT installation_kind CHECK (kind IN ('production', 'sandbox')),
    CONSTRAINT installation_sandbox_on CHECK ((kind = 'sandbox') = (sandbox_on IS NOT NULL))
);

-- The customers, with one prepaid balance each.
CREATE TABLE accounts (
    -- The account's key, 8 hexadecimal digits, as a number of 32 bits.
    account_id BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    currency TEXT NOT NULL,
    -- The sum of the account's transfers.
    balance BIGINT NOT NULL,
    -- How far below zero the balance may go.
    credit_limit BIGINT NOT NULL,
    -- A notice is sent when the balance falls below this amount. NULL: no notice.
    low_balance BIGINT,
    -- TRUE while the balance has been at or above low_balance since the last notice, so that each fall below it is
    -- announced once.
    low_balance_armed BOOLEAN NOT NULL DEFAULT FALSE,
    -- The kinds of notices that the account does not receive: a list with a comma before and after each word.
    notices_off TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL,
    -- The number of changes to the account.
    version BIGINT NOT NULL,
    -- The sequence number of the latest transfer.
    transfer_count BIGINT NOT NULL,
    -- The ordinal of the latest subscription.
    subscription_count BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT accounts_id CHECK (account_id BETWEEN 0 AND 4294967295),
    CONSTRAINT accounts_status CHECK (status IN ('open', 'closed')),
    CONSTRAINT accounts_credit_limit CHECK (credit_limit >= 0),
    -- The last defence against overdrafts: a faulty program cannot write one.
    CONSTRAINT accounts_no_overdraft CHECK (balance >= -credit_limit)
) /* sqlite: WITHOUT ROWID */;

-- The ledger: double entry and append-only. Triggers refuse updates and deletes.
CREATE TABLE transfers (
    account_id BIGINT NOT NULL REFERENCES accounts (account_id),
    -- Sequence number within the account: 1-based, without gaps.
    sequence BIGINT NOT NULL,
    code TEXT NOT NULL,
    -- Ledger accounts: 'balance' is the account's, all others are the operator's own.
    debit TEXT NOT NULL,
    credit TEXT NOT NULL,
    amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    balance_after BIGINT NOT NULL,
    -- The reason of the transfer: 'rental/3/2026-02-28', 'top-up/REFERENCE'. A period that is charged again after a run
    -- was undone has a number at the end, 'rental/3/2026-02-28/2', and the reversal is 'reversal/rental/3/2026-02-28'.
    idempotency_key TEXT NOT NULL,
    -- For a rental or setup price, and for the reversal of one: the subscription's ordinal and the period, [start, end).
    subscription BIGINT,
    period_start DATE,
    period_end DATE,
    -- For a rental: since when the period had been past due when it was paid.
    past_due_since DATE,
    -- The operator's reason for an adjustment, refund or reversal.
    reason TEXT,
    -- The billing date.
    posted_on DATE NOT NULL,
    posted_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (account_id, sequence),
    -- Nothing is charged or credited twice for the same reason.
    CONSTRAINT transfers_once UNIQUE (account_id, idempotency_key),
    CONSTRAINT transfers_amount CHECK (amount > 0),
    -- Exactly one side is the account's balance.
    CONSTRAINT transfers_sides CHECK ((debit = 'balance') <> (credit = 'balance')),
    CONSTRAINT transfers_code CHECK (
        code IN ('rental', 'setup', 'reload', 'top-up', 'adjustment', 'refund', 'reversal')
    ),
    CONSTRAINT transfers_period CHECK (
        (code IN ('rental', 'setup', 'reversal')) = (subscription IS NOT NULL)
        AND (past_due_since IS NULL OR code = 'rental')
        AND (subscription IS NULL) = (period_start IS NULL)
        AND (subscription IS NULL) = (period_end IS NULL)
    )
) /* sqlite: WITHOUT ROWID */;
