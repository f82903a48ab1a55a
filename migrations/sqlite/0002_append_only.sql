-- The ledger is append only.
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
