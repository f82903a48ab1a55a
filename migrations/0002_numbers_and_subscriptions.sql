-- The numbers, the subscriptions to them, and what belongs to a subscription.

-- The inventory.
CREATE TABLE numbers (
    -- E.164 without '+', or a short code.
    msisdn TEXT NOT NULL PRIMARY KEY,
    country TEXT NOT NULL,
    type TEXT NOT NULL,
    -- A sorted list with a comma before and after each word: ',SMS,VOICE,'.
    features TEXT NOT NULL,
    -- The prices of a new rental. A subscription keeps the price agreed when it began.
    monthly_price BIGINT NOT NULL,
    setup_price BIGINT NOT NULL,
    currency TEXT NOT NULL,
    -- A shared number is rented by any number of accounts and stays available.
    is_shared BOOLEAN NOT NULL,
    status TEXT NOT NULL,
    -- The account that rents the number, or for which it is on hold.
    account_id BIGINT REFERENCES accounts (account_id),
    -- The date on which a number on hold becomes available to all again.
    held_until DATE,
    CONSTRAINT numbers_type CHECK (type IN ('landline', 'mobile-lvn', 'landline-toll-free', 'shortcode')),
    CONSTRAINT numbers_prices CHECK (monthly_price >= 0 AND setup_price >= 0),
    CONSTRAINT numbers_status CHECK (status IN ('available', 'rented', 'held', 'retired')),
    CONSTRAINT numbers_renter CHECK ((status IN ('rented', 'held')) = (account_id IS NOT NULL)),
    CONSTRAINT numbers_held_until CHECK ((status = 'held') = (held_until IS NOT NULL)),
    CONSTRAINT numbers_shared CHECK (NOT is_shared OR status IN ('available', 'retired'))
);

-- Finds the holds that have ended.
CREATE INDEX numbers_on_hold ON numbers (held_until) WHERE status = 'held';

-- An account's rental of one number.
CREATE TABLE subscriptions (
    account_id BIGINT NOT NULL REFERENCES accounts (account_id),
    -- Sequence number within the account: 1-based, without gaps.
    ordinal BIGINT NOT NULL,
    msisdn TEXT NOT NULL REFERENCES numbers (msisdn),
    -- A copy of the number's is_shared, so that reading what is due does not need the numbers.
    is_shared BOOLEAN NOT NULL DEFAULT FALSE,
    -- Determines the anchor, from which all renewal dates are computed.
    started_on DATE NOT NULL,
    -- The price agreed at rental.
    monthly_price BIGINT NOT NULL,
    -- Prices agreed later: an object of amounts by the date from which periods begin with them,
    -- {"2027-02-01": 1100000}. A price for which a period was charged is never removed.
    price_changes JSONB,
    -- The number of periods charged, which is the 0-based index of the first uncharged one. The first period is
    -- charged at rental.
    periods_charged BIGINT NOT NULL,
    -- The start of the first uncharged period.
    next_renewal_on DATE NOT NULL,
    -- How often a run that charged it was undone. Part of the keys of later charges.
    undone BIGINT NOT NULL DEFAULT 0,
    -- The billing date of the first failed attempt to charge that period.
    past_due_since DATE,
    -- The renewal date that a notice has announced.
    announced_for DATE,
    -- Whether the subscription ends at next_renewal_on instead of renewing.
    ends_at_period_end BOOLEAN NOT NULL,
    ended_on DATE,
    end_reason TEXT,
    PRIMARY KEY (account_id, ordinal),
    CONSTRAINT subscriptions_price CHECK (monthly_price >= 0),
    CONSTRAINT subscriptions_first_period CHECK (periods_charged >= 1),
    CONSTRAINT subscriptions_undone CHECK (undone >= 0),
    CONSTRAINT subscriptions_next_renewal CHECK (next_renewal_on > started_on),
    -- A run selects by these dates. SQLite would accept any text or number, PostgreSQL an infinity.
    CONSTRAINT subscriptions_dates CHECK (
        COALESCE(date(started_on) = started_on, FALSE)
        AND COALESCE(date(next_renewal_on) = next_renewal_on, FALSE)
        AND (past_due_since IS NULL OR COALESCE(date(past_due_since) = past_due_since, FALSE))
        AND (ended_on IS NULL OR COALESCE(date(ended_on) = ended_on, FALSE))
        AND started_on >= '0001-01-01'
        AND next_renewal_on <= '9999-12-31'
        AND past_due_since BETWEEN '0001-01-01' AND '9999-12-31'
        AND ended_on BETWEEN '0001-01-01' AND '9999-12-31'
    ),
    CONSTRAINT subscriptions_end CHECK ((ended_on IS NULL) = (end_reason IS NULL)),
    CONSTRAINT subscriptions_end_reason CHECK (end_reason IN ('cancelled', 'unfunded'))
) /* sqlite: WITHOUT ROWID */;

-- An account rents a number at most once at a time. Also finds the renters of a number.
CREATE UNIQUE INDEX subscriptions_live ON subscriptions (msisdn, account_id) WHERE ended_on IS NULL;
-- Finds what is due in a slice of a run.
CREATE INDEX subscriptions_due ON subscriptions (account_id, next_renewal_on) WHERE ended_on IS NULL;

-- The configuration of a rented number. It belongs to one subscription and is deleted when that ends, so the next
-- renter of the number does not inherit it. A number without configuration has no row.
CREATE TABLE configurations (
    account_id BIGINT NOT NULL,
    -- The subscription's.
    ordinal BIGINT NOT NULL,
    -- Webhooks for inbound messages and for call states.
    inbound_sms_url TEXT,
    voice_status_url TEXT,
    -- The destination of calls: a SIP address, another number, or a webhook.
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

-- The programs for which a renter has set up a short code. A set-up belongs to one subscription and is valid while
-- that is live. If the same account rents the code again, the new subscription has none.
CREATE TABLE short_code_set_ups (
    account_id BIGINT NOT NULL,
    -- The subscription's.
    ordinal BIGINT NOT NULL,
    kind TEXT NOT NULL,
    -- The validated names, texts and links.
    content JSONB NOT NULL,
    PRIMARY KEY (account_id, ordinal, kind),
    CONSTRAINT short_code_set_ups_subscription FOREIGN KEY (account_id, ordinal)
        REFERENCES subscriptions (account_id, ordinal),
    CONSTRAINT short_code_set_ups_kind CHECK (kind IN ('2fa', 'alert'))
) /* sqlite: WITHOUT ROWID */;

-- The operator's price changes: numbers of a country and type cost this price from a date on. New rentals pay it at
-- once. Running subscriptions are changed, and their accounts notified, in batches; an interrupted change
-- can be continued.
CREATE TABLE repricings (
    country TEXT NOT NULL,
    type TEXT NOT NULL,
    currency TEXT NOT NULL,
    effective_on DATE NOT NULL,
    monthly_price BIGINT NOT NULL,
    ordered_on DATE NOT NULL,
    ordered_at TIMESTAMPTZ NOT NULL,
    -- Whether all accounts have been notified.
    is_done BOOLEAN NOT NULL,
    PRIMARY KEY (country, type, currency, effective_on),
    CONSTRAINT repricings_price CHECK (monthly_price >= 0),
    CONSTRAINT repricings_ahead CHECK (effective_on > ordered_on)
) /* sqlite: WITHOUT ROWID */;

-- Finds the repricings to continue.
CREATE INDEX repricings_open ON repricings (ordered_at) WHERE NOT is_done;
