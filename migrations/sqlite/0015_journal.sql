-- The journal: what was changed of an account by hand. The tables that such a change overwrites forget what
-- they said before. The ledger, the reloads and the notices tell the rest of an account's history.

CREATE TABLE journal (
    account_id BIGINT NOT NULL REFERENCES accounts (account_id),
    -- The account's version that the change led to. No two changes lead to the same, so none is noted twice.
    version BIGINT NOT NULL,
    -- From 1: one change may concern several things.
    ordinal BIGINT NOT NULL,
    -- 'auto_reload_set', 'price_agreed' and so on: what the columns below say depends on it. The program
    -- knows them all; a list here would have to be changed with each new one.
    event TEXT NOT NULL,
    -- The account's how-many-eth subscription it is about.
    subscription BIGINT,
    -- Of a standing order.
    threshold BIGINT,
    -- What was and what is, in 10^-6 units of the account's currency.
    amount_before BIGINT,
    amount BIGINT,
    -- The renewal at which it takes effect.
    effective_on DATE,
    -- What was and what is, where it is no amount.
    words_before TEXT,
    words TEXT,
    -- How many transfers the account had then: its place among them where all are of one instant.
    transfer_count BIGINT NOT NULL,
    -- The billing date, and the instant.
    noted_on DATE NOT NULL,
    noted_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (account_id, version, ordinal),
    CONSTRAINT journal_version CHECK (version >= 1),
    CONSTRAINT journal_ordinal CHECK (ordinal >= 1)
) WITHOUT ROWID;

-- What was noted of this subscription?
CREATE INDEX journal_of_subscriptions ON journal (account_id, subscription)
WHERE subscription IS NOT NULL;

-- The journal is append only.
CREATE TRIGGER journal_never_changes BEFORE UPDATE ON journal
BEGIN
    SELECT RAISE(ABORT, 'journal_append_only: what was noted is never changed');
END;

CREATE TRIGGER journal_never_goes BEFORE DELETE ON journal
BEGIN
    SELECT RAISE(ABORT, 'journal_append_only: what was noted is never removed');
END;

-- REPLACE would remove the old row without asking the trigger above.
CREATE TRIGGER journal_never_replaced BEFORE INSERT ON journal
WHEN EXISTS (
    SELECT 1
    FROM journal
    WHERE account_id = NEW.account_id AND version = NEW.version AND ordinal = NEW.ordinal
)
BEGIN
    SELECT RAISE(ABORT, 'journal_append_only: this was noted already, and is never replaced');
END;
