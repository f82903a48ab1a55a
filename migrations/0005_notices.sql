-- The notices: mails to accounts and to the operator.

-- A notice is queued in the transaction of the fact that it reports, and sent later.
CREATE TABLE notices (
    -- The recipient: an account, or -1 for the operator.
    account_id BIGINT NOT NULL,
    billing_date DATE NOT NULL,
    kind TEXT NOT NULL,
    -- 1-based. A second notice of the same kind and date exists if more happened after the first was sent.
    ordinal BIGINT NOT NULL,
    -- An object: the kind, and the values that the template needs.
    content JSONB NOT NULL,
    queued_at TIMESTAMPTZ NOT NULL,
    -- A random number that makes the Message-ID unique across databases. It changes with the content.
    token BIGINT NOT NULL,
    status TEXT NOT NULL,
    -- The number of attempts to send it.
    attempts BIGINT NOT NULL,
    -- By the machine's clock, in a sandbox too: when it was queued, when it may be sent, since when sending fails,
    -- until when a process has claimed it, and when it was sent or given up.
    created_at TIMESTAMPTZ NOT NULL,
    due_at TIMESTAMPTZ NOT NULL,
    failing_since TIMESTAMPTZ,
    claimed_until TIMESTAMPTZ,
    settled_at TIMESTAMPTZ,
    -- Of the last attempt: the address, the subject, and the mail server's answer.
    recipient TEXT,
    subject TEXT,
    answer TEXT,
    -- At most one notice about the same thing.
    PRIMARY KEY (account_id, billing_date, kind, ordinal),
    CONSTRAINT notices_account CHECK (account_id BETWEEN -1 AND 4294967295),
    CONSTRAINT notices_ordinal CHECK (ordinal >= 1),
    CONSTRAINT notices_attempts CHECK (attempts >= 0),
    CONSTRAINT notices_status CHECK (status IN ('pending', 'sent', 'failed')),
    CONSTRAINT notices_settled CHECK ((status = 'pending') = (settled_at IS NULL))
) /* sqlite: WITHOUT ROWID */;

-- Finds the next ones to send.
CREATE INDEX notices_pending ON notices (due_at, billing_date) WHERE status = 'pending';
-- Finds the ones given up.
CREATE INDEX notices_failed ON notices (settled_at) WHERE status = 'failed';
-- Lists the newest.
CREATE INDEX notices_created ON notices (created_at);
