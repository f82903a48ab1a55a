-- A run has a pass that tells of renewals to come. SQLite cannot change a check: the table is made anew
-- and filled from the old one, in this one transaction.
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
    CONSTRAINT run_slices_pass CHECK (pass IN ('renew', 'reload', 'unfunded', 'return', 'ahead')),
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
SELECT billing_date, 'ahead', slice, first_account_id, last_account_id, first_account_id,
    status <> 'running',
    '{"accounts":0,"renewed":0,"amounts":{},"past_due":0,"released":0,"held_back":0,"returned":0}'
FROM run_slices
JOIN runs USING (billing_date)
WHERE pass = 'renew';

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
