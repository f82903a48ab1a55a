-- Auto-reload: the standing orders, and the charges that they lead to.

-- An account's standing order. An account that has never had one has no row here and no reloads.
CREATE TABLE auto_reloads (
    account_id BIGINT NOT NULL PRIMARY KEY REFERENCES accounts (account_id),
    -- If the balance is below the threshold, a multiple of the amount is charged to the payment method.
    threshold BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    -- The gateway's identifiers.
    payment_method TEXT NOT NULL,
    customer TEXT,
    status TEXT NOT NULL,
    -- The number of declines since the latest capture, and the time of the latest decline.
    declines BIGINT NOT NULL,
    declined_at TIMESTAMPTZ,
    CONSTRAINT auto_reloads_threshold CHECK (threshold > 0),
    CONSTRAINT auto_reloads_amount CHECK (amount > 0),
    -- 'off' by the customer, 'switched_off' after too many declines.
    CONSTRAINT auto_reloads_status CHECK (status IN ('on', 'off', 'switched_off')),
    CONSTRAINT auto_reloads_declines CHECK (declines >= 0)
) /* sqlite: WITHOUT ROWID */;

-- The charges, from intent to outcome. A row is committed before the gateway is called.
CREATE TABLE reloads (
    account_id BIGINT NOT NULL REFERENCES accounts (account_id),
    -- The account's key, a hyphen and random characters: the idempotency key at the gateway.
    reload_id TEXT NOT NULL,
    amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    payment_method TEXT NOT NULL,
    customer TEXT,
    status TEXT NOT NULL,
    -- The number of attempts, and the gateway that they were made at.
    attempts BIGINT NOT NULL,
    gateway TEXT,
    -- The gateway's identifier of the charge.
    reference TEXT,
    -- Why it was declined or is in doubt.
    reason TEXT,
    requested_on DATE NOT NULL,
    requested_at TIMESTAMPTZ NOT NULL,
    settled_on DATE,
    settled_at TIMESTAMPTZ,
    -- By the machine's clock, in a sandbox too: when the gateway was first and last asked to charge, until
    -- when a process has claimed the reload, and when a daemon may try again.
    first_attempt_at TIMESTAMPTZ,
    last_attempt_at TIMESTAMPTZ,
    claimed_until TIMESTAMPTZ,
    next_attempt_at TIMESTAMPTZ,
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
    CONSTRAINT reloads_attempted CHECK ((first_attempt_at IS NULL) = (last_attempt_at IS NULL))
) /* sqlite: WITHOUT ROWID */;

-- An account has at most one open reload.
CREATE UNIQUE INDEX reloads_open ON reloads (account_id) WHERE settled_on IS NULL;
-- A charge at the gateway pays one reload. An answer that names the charge of another reload is in doubt.
CREATE UNIQUE INDEX reloads_reference ON reloads (gateway, reference) WHERE reference IS NOT NULL;
-- Counts the captures of an account on a date.
CREATE INDEX reloads_captured ON reloads (account_id, settled_on) WHERE status = 'captured';
-- Lists the newest.
CREATE INDEX reloads_requested ON reloads (requested_at);

-- The memory of the sandbox gateway. It is not part of billing: it stands for a payment provider, which keeps its
-- records whatever happens to this database's, hence no foreign key.
CREATE TABLE sandbox_charges (
    account_id BIGINT NOT NULL,
    reload_id TEXT NOT NULL,
    amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    payment_method TEXT NOT NULL,
    status TEXT NOT NULL,
    -- The number of requests to charge it.
    asked BIGINT NOT NULL,
    PRIMARY KEY (account_id, reload_id),
    CONSTRAINT sandbox_charges_status CHECK (status IN ('pending', 'captured', 'declined'))
) /* sqlite: WITHOUT ROWID */;
