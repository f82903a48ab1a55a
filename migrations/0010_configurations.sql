-- How rented numbers are configured. A row belongs to one subscription and goes when that ends, so nobody who
-- rents the number later finds it. A number of which nothing is configured has none.

CREATE TABLE configurations (
    account_id BIGINT NOT NULL,
    -- The subscription's.
    ordinal BIGINT NOT NULL,
    -- Where messages go, and where the state of calls is told.
    inbound_sms_url TEXT,
    voice_status_url TEXT,
    -- Where calls go: a SIP address, another number, or a webhook.
    voice_callback_type TEXT,
    voice_callback TEXT,
    application TEXT,
    smpp_system_type TEXT,
    PRIMARY KEY (account_id, ordinal),
    CONSTRAINT configurations_subscription
        FOREIGN KEY (account_id, ordinal) REFERENCES subscriptions (account_id, ordinal),
    CONSTRAINT configurations_voice_callback CHECK (
        (voice_callback IS NULL) = (voice_callback_type IS NULL)
    ),
    CONSTRAINT configurations_voice_callback_type CHECK (voice_callback_type IN ('sip', 'tel', 'url'))
) /* sqlite: WITHOUT ROWID */;
