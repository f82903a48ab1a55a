-- The daily run: what was done for which billing date, and how far it has come.

CREATE TABLE runs (
    billing_date DATE NOT NULL PRIMARY KEY,
    status TEXT NOT NULL,
    started_at TIMESTAMPTZ NOT NULL,
    finished_at TIMESTAMPTZ,
    -- When the operator let the releases go on that the guard had held back.
    approved_at TIMESTAMPTZ,
    -- The oldest due date that was still not charged when the run ended.
    oldest_unbilled_on DATE,
    CONSTRAINT runs_status CHECK (status IN ('running', 'complete', 'held'))
);

-- A run's work, cut into slices of the account ids so that several processes can share it. Who
-- works on a slice holds a lease on it and writes its progress in the transaction of the work.
CREATE TABLE run_slices (
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
    CONSTRAINT run_slices_pass CHECK (pass IN ('renew', 'unfunded', 'return')),
    CONSTRAINT run_slices_lease CHECK ((leased_by IS NULL) = (leased_until IS NULL))
);

-- Accounts that a run could not bill, and why. The others were billed all the same.
CREATE TABLE run_failures (
    billing_date DATE NOT NULL REFERENCES runs (billing_date),
    account_id BIGINT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (billing_date, account_id)
);
