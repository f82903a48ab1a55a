-- The ledger and the change log are append-only. Each needs three triggers: REPLACE deletes the row that is
-- in the way without firing the trigger on DELETE.

CREATE TRIGGER transfers_no_update BEFORE UPDATE ON transfers
BEGIN
    SELECT RAISE(ABORT, 'transfers_append_only: a transfer cannot be changed; post its opposite');
END;

CREATE TRIGGER transfers_no_delete BEFORE DELETE ON transfers
BEGIN
    SELECT RAISE(ABORT, 'transfers_append_only: a transfer cannot be deleted; post its opposite');
END;

-- Two questions, each answered by a key. One question with OR would read all transfers of the account.
CREATE TRIGGER transfers_no_replace BEFORE INSERT ON transfers
WHEN EXISTS (
    SELECT 1
    FROM transfers
    WHERE account_id = NEW.account_id AND sequence = NEW.sequence
) OR EXISTS (
    SELECT 1
    FROM transfers
    WHERE account_id = NEW.account_id AND idempotency_key = NEW.idempotency_key
)
BEGIN
    SELECT RAISE(ABORT, 'transfers_append_only: the transfer exists and cannot be replaced');
END;

CREATE TRIGGER change_log_no_update BEFORE UPDATE ON change_log
BEGIN
    SELECT RAISE(ABORT, 'change_log_append_only: an entry cannot be changed');
END;

CREATE TRIGGER change_log_no_delete BEFORE DELETE ON change_log
BEGIN
    SELECT RAISE(ABORT, 'change_log_append_only: an entry cannot be deleted');
END;

CREATE TRIGGER change_log_no_replace BEFORE INSERT ON change_log
WHEN EXISTS (
    SELECT 1
    FROM change_log
    WHERE account_id = NEW.account_id AND version = NEW.version AND ordinal = NEW.ordinal
)
BEGIN
    SELECT RAISE(ABORT, 'change_log_append_only: the entry exists and cannot be replaced');
END;
