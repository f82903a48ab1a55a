-- The ledger is append only.
CREATE TRIGGER transfers_never_change BEFORE UPDATE ON transfers
BEGIN
    SELECT RAISE(ABORT, 'transfers_append_only: a transfer is never changed, post its opposite');
END;

CREATE TRIGGER transfers_never_go BEFORE DELETE ON transfers
BEGIN
    SELECT RAISE(ABORT, 'transfers_append_only: a transfer is never removed, post its opposite');
END;
