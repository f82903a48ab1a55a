-- Notices: what people are told, queued in the transaction of the fact that they tell.

-- Kinds that the account does without: a list with a comma before and after each word.
ALTER TABLE accounts ADD COLUMN notices_off TEXT NOT NULL DEFAULT '';
-- Whether the balance was at low_balance or above since the account was last told of it.
ALTER TABLE accounts ADD COLUMN low_balance_armed BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE accounts SET low_balance_armed = TRUE WHERE balance >= low_balance;

-- The renewal to come that the renter was told of.
ALTER TABLE subscriptions ADD COLUMN announced_for DATE;
-- As the number is: what is said of a lost number depends on it, and what is due is read without it.
ALTER TABLE subscriptions ADD COLUMN is_shared BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE subscriptions SET is_shared = TRUE WHERE msisdn IN (SELECT msisdn FROM numbers WHERE is_shared);

CREATE TABLE notices (
    -- Whom it is for: an account's id, or -1 for the operator.
    account_id BIGINT NOT NULL,
    billing_date DATE NOT NULL,
    kind TEXT NOT NULL,
    -- From 1: a further one where more happened on the date after the first was sent.
    ordinal BIGINT NOT NULL,
    -- Its kind, and all that the letter needs.
    content JSONB NOT NULL,
    queued_at TIMESTAMPTZ NOT NULL,
    -- Chance, so that a mail's name is like no other's, in whatever database. It changes with the content.
    token BIGINT NOT NULL,
    status TEXT NOT NULL,
    -- How often it was handed to the mail server and an answer, or none, came of it.
    attempts BIGINT NOT NULL,
    -- By the machines' clocks, in a sandbox too: when it was queued, before when it is not tried, since
    -- when it could not be sent, how long whoever is sending it has for it, and when it ended.
    created_at TIMESTAMPTZ NOT NULL,
    due_at TIMESTAMPTZ NOT NULL,
    troubled_at TIMESTAMPTZ,
    claimed_until TIMESTAMPTZ,
    settled_at TIMESTAMPTZ,
    -- As it was last tried: where to, under which subject, and what the server said.
    recipient TEXT,
    subject TEXT,
    answer TEXT,
    PRIMARY KEY (account_id, billing_date, kind, ordinal),
    CONSTRAINT notices_account CHECK (account_id BETWEEN -1 AND 4294967295),
    CONSTRAINT notices_ordinal CHECK (ordinal >= 1),
    CONSTRAINT notices_attempts CHECK (attempts >= 0),
    CONSTRAINT notices_status CHECK (status IN ('pending', 'sent', 'failed')),
    CONSTRAINT notices_settled CHECK ((status = 'pending') = (settled_at IS NULL))
) /* sqlite: WITHOUT ROWID */;

-- What is to be sent next?
CREATE INDEX notices_pending ON notices (due_at, billing_date) WHERE status = 'pending';
-- What was given up?
CREATE INDEX notices_failed ON notices (settled_at) WHERE status = 'failed';
-- The newest ones.
CREATE INDEX notices_created ON notices (created_at);
