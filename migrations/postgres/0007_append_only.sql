-- The ledger and the change log are append-only.

CREATE FUNCTION refuse_change_of_transfers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'transfers_append_only: a transfer cannot be changed or deleted; post its opposite';
END
$$;

CREATE TRIGGER transfers_no_update_or_delete BEFORE UPDATE OR DELETE ON transfers
FOR EACH ROW EXECUTE FUNCTION refuse_change_of_transfers();

CREATE TRIGGER transfers_no_truncate BEFORE TRUNCATE ON transfers
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_transfers();

CREATE FUNCTION refuse_change_of_change_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'change_log_append_only: an entry cannot be changed or deleted';
END
$$;

CREATE TRIGGER change_log_no_update_or_delete BEFORE UPDATE OR DELETE ON change_log
FOR EACH ROW EXECUTE FUNCTION refuse_change_of_change_log();

CREATE TRIGGER change_log_no_truncate BEFORE TRUNCATE ON change_log
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_change_log();
