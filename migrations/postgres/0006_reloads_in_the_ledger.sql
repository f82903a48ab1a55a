-- The ledger takes reloads (and, one day, refunds), and a run has a pass for them.
ALTER TABLE transfers DROP CONSTRAINT transfers_code;
ALTER TABLE transfers ADD CONSTRAINT transfers_code CHECK (
    code IN ('rental', 'setup', 'reload', 'top-up', 'adjustment', 'refund')
);

ALTER TABLE run_slices DROP CONSTRAINT run_slices_pass;
ALTER TABLE run_slices ADD CONSTRAINT run_slices_pass CHECK (
    pass IN ('renew', 'reload', 'unfunded', 'return')
);

-- Runs that began before there was the pass get slices of it, so that their date can be run again.
INSERT INTO run_slices (billing_date, pass, slice, first_account_id, last_account_id,
    next_account_id, is_done, counts)
SELECT billing_date, 'reload', slice, first_account_id, last_account_id, first_account_id,
    runs.status <> 'running',
    '{"accounts":0,"renewed":0,"amounts":{},"past_due":0,"released":0,"held_back":0,"returned":0}'::JSONB
FROM run_slices
JOIN runs USING (billing_date)
WHERE pass = 'renew';

CREATE VIEW analyst_reloads AS
SELECT
    lpad(to_hex(account_id), 8, '0') AS account_key,
    reload_id,
    CAST(amount / 1000000.0 AS NUMERIC(20, 6)) AS amount,
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

COMMENT ON COLUMN auto_reloads.threshold IS '10^-6 currency units; below this balance the card is charged';
COMMENT ON COLUMN auto_reloads.amount IS '10^-6 currency units; a multiple of it is charged';
COMMENT ON COLUMN auto_reloads.declines IS 'since the last capture';
COMMENT ON COLUMN reloads.reload_id IS 'the account''s key, a hyphen and chance: the idempotency key at the gateway';
COMMENT ON COLUMN reloads.amount IS '10^-6 currency units';
COMMENT ON COLUMN reloads.attempts IS 'how often the gateway was asked';
COMMENT ON COLUMN reloads.first_asked_at IS 'by the machine''s clock, in a sandbox too';
COMMENT ON COLUMN reloads.asked_at IS 'by the machine''s clock, in a sandbox too';
