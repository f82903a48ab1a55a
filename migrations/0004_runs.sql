-- The daily runs.

-- One execution of the daily work for each billing date.
CREATE TABLE runs (
    billing_date DATE NOT NULL PRIMARY KEY,
    status TEXT NOT NULL,
    started_at TIMESTAMPTZ NOT NULL,
    finished_at TIMESTAMPTZ,
    -- The guard that held it: 'releases' held back its releases, 'clock' all of its work. NULL if it is not held.
    held_by TEXT,
    -- When the operator approved the releases that the guard had stopped.
    approved_at TIMESTAMPTZ,
    -- The oldest due date that was not charged when the run ended.
    oldest_unbilled_on DATE,
    -- If the run is being undone: the accounts before this one are done.
    undone_to BIGINT,
    CONSTRAINT runs_status CHECK (status IN ('running', 'complete', 'held', 'undoing', 'undone')),
    CONSTRAINT runs_held_by CHECK (held_by IN ('releases', 'clock')),
    CONSTRAINT runs_held CHECK ((status = 'held') = (held_by IS NOT NULL)),
    CONSTRAINT runs_undone_to CHECK ((status = 'undoing') = (undone_to IS NOT NULL))
);

-- The work of a run, divided into slices of account ids so that several processes can share it. A process leases a
-- slice and writes its progress in the same transactions as the work.
CREATE TABLE run_slices (
    billing_date DATE NOT NULL REFERENCES runs (billing_date),
    pass TEXT NOT NULL,
    slice BIGINT NOT NULL,
    first_account_id BIGINT NOT NULL,
    last_account_id BIGINT NOT NULL,
    -- The accounts before this one are done.
    next_account_id BIGINT NOT NULL,
    is_done BOOLEAN NOT NULL,
    -- The process that holds the lease, and when the lease expires, by the machine's clock, in a sandbox too.
    -- Another process may then take the slice over.
    leased_by TEXT,
    leased_until TIMESTAMPTZ,
    -- What was done: an object of counts, and of amounts by currency.
    counts JSONB NOT NULL,
    PRIMARY KEY (billing_date, pass, slice),
    CONSTRAINT run_slices_pass CHECK (pass IN ('renew', 'reload', 'unfunded', 'return', 'ahead')),
    CONSTRAINT run_slices_lease CHECK ((leased_by IS NULL) = (leased_until IS NULL))
);

-- The accounts that a run could not bill, with the reason. They do not stop the others.
CREATE TABLE run_failures (
    billing_date DATE NOT NULL REFERENCES runs (billing_date),
    account_id BIGINT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (billing_date, account_id)
);
