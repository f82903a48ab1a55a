-- The change log: what was changed by hand.

-- The tables that such a change updates do not keep the old values. The rest of an account's history is in the ledger,
-- the reloads and the notices. Append-only: triggers refuse updates and deletes.
CREATE TABLE change_log (
    account_id BIGINT NOT NULL REFERENCES accounts (account_id),
    -- The account's version after the change. Each change has its own, so none is logged twice.
    version BIGINT NOT NULL,
    -- 1-based: one change may have several entries.
    ordinal BIGINT NOT NULL,
    -- 'auto_reload_set', 'price_agreed' and so on. It determines which of the columns below are set. The program
    -- validates it; a CHECK would need a migration for each new kind.
    kind TEXT NOT NULL,
    -- The ordinal of the subscription that was changed.
    subscription BIGINT,
    -- The threshold of a standing order.
    threshold BIGINT,
    -- The old and the new amount.
    amount_before BIGINT,
    amount BIGINT,
    -- The renewal date from which the change applies.
    effective_on DATE,
    -- The old and the new value if it is not an amount.
    text_before TEXT,
    text TEXT,
    -- The account's transfer_count at the time: orders changes and transfers of the same instant.
    transfer_count BIGINT NOT NULL,
    -- The billing date.
    changed_on DATE NOT NULL,
    changed_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (account_id, version, ordinal),
    CONSTRAINT change_log_version CHECK (version >= 1),
    CONSTRAINT change_log_ordinal CHECK (ordinal >= 1)
) /* sqlite: WITHOUT ROWID */;

-- Finds the changes of a subscription.
CREATE INDEX change_log_of_subscriptions ON change_log (account_id, subscription)
WHERE subscription IS NOT NULL;
