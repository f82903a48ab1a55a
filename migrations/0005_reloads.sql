-- Auto-reload: standing orders, and the charges that they led to.
--
-- An account without a row in auto_reloads has never had an order, and no reloads either. Like
-- all that hangs on an account, both are written only by who has written its row first.

CREATE TABLE auto_reloads (
    account_id BIGINT NOT NULL PRIMARY KEY REFERENCES accounts (account_id),
    -- Below this balance, a multiple of the amount is charged to the payment method.
    threshold BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    -- As the gateway names them.
    payment_method TEXT NOT NULL,
    customer TEXT,
    status TEXT NOT NULL,
    -- Declines since the last capture, and when the latest came.
    declines BIGINT NOT NULL,
    declined_at TIMESTAMPTZ,
    CONSTRAINT auto_reloads_threshold CHECK (threshold > 0),
    CONSTRAINT auto_reloads_amount CHECK (amount > 0),
    CONSTRAINT auto_reloads_status CHECK (status IN ('on', 'off', 'switched_off')),
    CONSTRAINT auto_reloads_declines CHECK (declines >= 0)
) /* sqlite: WITHOUT ROWID */;

CREATE TABLE reloads (
    account_id BIGINT NOT NULL REFERENCES accounts (account_id),
    -- The account's key, a hyphen and chance: the idempotency key at the gateway.
    reload_id TEXT NOT NULL,
    amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    payment_method TEXT NOT NULL,
    customer TEXT,
    status TEXT NOT NULL,
    -- How often the gateway was asked, and which.
    attempts BIGINT NOT NULL,
    gateway TEXT,
    -- What the gateway calls it.
    reference TEXT,
    reason TEXT,
    requested_on DATE NOT NULL,
    requested_at TIMESTAMPTZ NOT NULL,
    settled_on DATE,
    settled_at TIMESTAMPTZ,
    -- By the machines' clocks, in a sandbox too: when the gateway was first and last asked to
    -- charge, how long whoever asks now has for it, and before when a daemon does not ask again.
    first_asked_at TIMESTAMPTZ,
    asked_at TIMESTAMPTZ,
    claimed_until TIMESTAMPTZ,
    ask_after TIMESTAMPTZ,
    PRIMARY KEY (account_id, reload_id),
    CONSTRAINT reloads_amount CHECK (amount > 0),
    CONSTRAINT reloads_attempts CHECK (attempts >= 0),
    CONSTRAINT reloads_status CHECK (
        status IN ('requested', 'in_doubt', 'captured', 'declined', 'lapsed')
    ),
    CONSTRAINT reloads_settled CHECK (
        (status IN ('requested', 'in_doubt')) = (settled_on IS NULL)
        AND (settled_on IS NULL) = (settled_at IS NULL)
    ),
    CONSTRAINT reloads_asked CHECK ((first_asked_at IS NULL) = (asked_at IS NULL))
) /* sqlite: WITHOUT ROWID */;

-- An account has one reload under way at most.
CREATE UNIQUE INDEX reloads_open ON reloads (account_id) WHERE settled_on IS NULL;
-- How many were captured for an account on a date?
CREATE INDEX reloads_captured ON reloads (account_id, settled_on) WHERE status = 'captured';

-- The newest ones.
CREATE INDEX reloads_requested ON reloads (requested_at);

-- What the sandbox gateway remembers. It is no part of billing: it stands for a company far away,
-- which knows what it charged whatever becomes of us.
CREATE TABLE sandbox_charges (
    account_id BIGINT NOT NULL,
    reload_id TEXT NOT NULL,
    amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    payment_method TEXT NOT NULL,
    status TEXT NOT NULL,
    -- How often it was asked to charge it.
    asked BIGINT NOT NULL,
    PRIMARY KEY (account_id, reload_id),
    CONSTRAINT sandbox_charges_status CHECK (status IN ('pending', 'captured', 'declined'))
) /* sqlite: WITHOUT ROWID */;
