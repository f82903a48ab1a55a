-- A run has a pass that tells of renewals to come.
ALTER TABLE run_slices DROP CONSTRAINT run_slices_pass;
ALTER TABLE run_slices ADD CONSTRAINT run_slices_pass CHECK (
    pass IN ('renew', 'reload', 'unfunded', 'return', 'ahead')
);

-- Runs that began before there was the pass get slices of it, so that their date can be run again.
INSERT INTO run_slices (billing_date, pass, slice, first_account_id, last_account_id,
    next_account_id, is_done, counts)
SELECT billing_date, 'ahead', slice, first_account_id, last_account_id, first_account_id,
    runs.status <> 'running',
    '{"accounts":0,"renewed":0,"amounts":{},"past_due":0,"released":0,"held_back":0,"returned":0}'::JSONB
FROM run_slices
JOIN runs USING (billing_date)
WHERE pass = 'renew';

-- Each notice is changed twice: when it is taken and when it was sent. With room on its page the first
-- of these leaves the indexes alone.
ALTER TABLE notices SET (fillfactor = 60);

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

COMMENT ON COLUMN notices.account_id IS '-1 is the operator';
COMMENT ON COLUMN notices.due_at IS 'by the machine''s clock, in a sandbox too';
COMMENT ON COLUMN notices.settled_at IS 'by the machine''s clock, in a sandbox too';
