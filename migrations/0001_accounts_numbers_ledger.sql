-- What linerent knows: accounts, numbers, subscriptions, and the ledger.
--
-- Amounts are integers of 10^-6 currency units; the analysts' views show them as decimals.
-- All that grows hangs on account_id, which begins its keys. The account row is the account's
-- lock: every change to an account's money or subscriptions first writes that row, and only if
-- its version is still the one that was read.
--
-- `/* sqlite: … */` is read by SQLite alone, which keeps a table in the order of its key only
-- where this is asked for.

-- One row: what this database is.
CREATE TABLE installation (
    is_singleton BOOLEAN NOT NULL PRIMARY KEY CHECK (is_singleton = TRUE),
    kind TEXT NOT NULL,
    -- Today's date in a sandbox, which has its own clock.
    sandbox_on DATE,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT installation_kind CHECK (kind IN ('production', 'sandbox')),
    CONSTRAINT installation_sandbox_on CHECK ((kind = 'sandbox') = (sandbox_on IS NOT NULL))
);

CREATE TABLE accounts (
    -- The account's key as a number: the same 32 bits.
    account_id BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    currency TEXT NOT NULL,
    -- Equals the sum of the account's transfers.
    balance BIGINT NOT NULL,
    -- How far below zero the balance may go.
    credit_limit BIGINT NOT NULL,
    -- The account's own threshold for being told of a low balance.
    low_balance BIGINT,
    status TEXT NOT NULL,
    -- Counts the changes to the account.
    version BIGINT NOT NULL,
    -- The sequence of its latest transfer.
    transfer_count BIGINT NOT NULL,
    -- The ordinal of its latest subscription.
    subscription_count BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT accounts_id CHECK (account_id BETWEEN 0 AND 4294967295),
    CONSTRAINT accounts_status CHECK (status IN ('open', 'closed')),
    CONSTRAINT accounts_credit_limit CHECK (credit_limit >= 0),
    CONSTRAINT accounts_no_overdraft CHECK (balance >= -credit_limit)
) /* sqlite: WITHOUT ROWID */;

CREATE TABLE numbers (
    -- E.164 without '+', or a short code.
    msisdn TEXT NOT NULL PRIMARY KEY,
    country TEXT NOT NULL,
    type TEXT NOT NULL,
    -- A sorted list with a comma before and after each word: ',SMS,VOICE,'.
    features TEXT NOT NULL,
    -- What those pay who rent it now; a subscription keeps the price that it began with.
    monthly_price BIGINT NOT NULL,
    setup_price BIGINT NOT NULL,
    currency TEXT NOT NULL,
    -- A shared number stays on sale while others rent it.
    is_shared BOOLEAN NOT NULL,
    status TEXT NOT NULL,
    -- Who rents it, or for whom it is held. One row, one renter: nobody can rent it twice.
    account_id BIGINT REFERENCES accounts (account_id),
    -- The day on which a held number goes back on sale.
    held_until DATE,
    CONSTRAINT numbers_type CHECK (type IN ('landline', 'mobile-lvn', 'landline-toll-free', 'shortcode')),
    CONSTRAINT numbers_prices CHECK (monthly_price >= 0 AND setup_price >= 0),
    CONSTRAINT numbers_status CHECK (status IN ('available', 'rented', 'held', 'retired')),
    CONSTRAINT numbers_renter CHECK ((status IN ('rented', 'held')) = (account_id IS NOT NULL)),
    CONSTRAINT numbers_held_until CHECK ((status = 'held') = (held_until IS NOT NULL)),
    CONSTRAINT numbers_shared CHECK (NOT is_shared OR status IN ('available', 'retired'))
);

CREATE INDEX numbers_on_sale ON numbers (country, msisdn) WHERE status = 'available';
CREATE INDEX numbers_on_hold ON numbers (held_until) WHERE status = 'held';

CREATE TABLE subscriptions (
    account_id BIGINT NOT NULL REFERENCES accounts (account_id),
    -- The account's how-many-eth subscription, from 1.
    ordinal BIGINT NOT NULL,
    msisdn TEXT NOT NULL REFERENCES numbers (msisdn),
    -- Fixes the anchor: every renewal date is computed from it.
    started_on DATE NOT NULL,
    monthly_price BIGINT NOT NULL,
    -- The period of this index is the first one not charged; the 0th was charged at rental.
    periods_charged BIGINT NOT NULL,
    -- The start of that period.
    next_renewal_on DATE NOT NULL,
    -- The billing date of the run that first tried that period in vain.
    past_due_since DATE,
    ends_at_period_end BOOLEAN NOT NULL,
    ended_on DATE,
    end_reason TEXT,
    PRIMARY KEY (account_id, ordinal),
    CONSTRAINT subscriptions_price CHECK (monthly_price >= 0),
    CONSTRAINT subscriptions_first_period CHECK (periods_charged >= 1),
    CONSTRAINT subscriptions_next_renewal CHECK (next_renewal_on > started_on),
    -- SQLite would keep any text or number, and PostgreSQL knows an infinity.
    CONSTRAINT subscriptions_dates CHECK (
        COALESCE(date(started_on) = started_on, FALSE)
        AND COALESCE(date(next_renewal_on) = next_renewal_on, FALSE)
        AND (past_due_since IS NULL OR COALESCE(date(past_due_since) = past_due_since, FALSE))
        AND (ended_on IS NULL OR COALESCE(date(ended_on) = ended_on, FALSE))
        AND started_on >= '0001-01-01'
        AND next_renewal_on <= '9999-12-31'
        AND past_due_since BETWEEN '0001-01-01' AND '9999-12-31'
        AND ended_on BETWEEN '0001-01-01' AND '9999-12-31'
    ),
    CONSTRAINT subscriptions_end CHECK ((ended_on IS NULL) = (end_reason IS NULL)),
    CONSTRAINT subscriptions_end_reason CHECK (end_reason IN ('cancelled', 'unfunded'))
) /* sqlite: WITHOUT ROWID */;

-- A number is rented at most once by each account, and by whom is found from the number.
CREATE UNIQUE INDEX subscriptions_live ON subscriptions (msisdn, account_id) WHERE ended_on IS NULL;
-- What a run asks: which accounts of this slice have something due?
CREATE INDEX subscriptions_due ON subscriptions (account_id, next_renewal_on) WHERE ended_on IS NULL;

-- The ledger. Nothing in it is ever changed or removed.
CREATE TABLE transfers (
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
    CONSTRAINT transfers_code CHECK (code IN ('rental', 'setup', 'top-up', 'adjustment')),
    CONSTRAINT transfers_period CHECK (
        (code IN ('rental', 'setup')) = (subscription IS NOT NULL)
        AND (subscription IS NULL) = (period_start IS NULL)
        AND (subscription IS NULL) = (period_end IS NULL)
    )
) /* sqlite: WITHOUT ROWID */;
