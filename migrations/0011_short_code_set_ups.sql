-- What a short code is set up for, by each of its renters.
--
-- A set-up belongs to one subscription and counts as long as that is live: whoever rents the code
-- again has a subscription of another ordinal, and begins without. Like all that hangs on an account,
-- it is written only by who has written the account's row first.

CREATE TABLE short_code_set_ups (
    account_id BIGINT NOT NULL,
    -- Which of the account's subscriptions.
    ordinal BIGINT NOT NULL,
    kind TEXT NOT NULL,
    -- The names, the texts and the links, as they were checked.
    content JSONB NOT NULL,
    PRIMARY KEY (account_id, ordinal, kind),
    CONSTRAINT short_code_set_ups_subscription FOREIGN KEY (account_id, ordinal)
        REFERENCES subscriptions (account_id, ordinal),
    CONSTRAINT short_code_set_ups_kind CHECK (kind IN ('2fa', 'alert'))
) /* sqlite: WITHOUT ROWID */;
