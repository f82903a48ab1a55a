-- The ledger is append only.
CREATE FUNCTION refuse_change_of_transfers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'transfers_append_only: a transfer is never changed or removed, post its opposite';
END
$$;

CREATE TRIGGER transfers_never_change BEFORE UPDATE OR DELETE ON transfers
FOR EACH ROW EXECUTE FUNCTION refuse_change_of_transfers();

CREATE TRIGGER transfers_never_truncate BEFORE TRUNCATE ON transfers
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_transfers();
