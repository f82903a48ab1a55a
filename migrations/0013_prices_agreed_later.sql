-- Prices that change after a number was rented.

-- Prices agreed after the rental: an object of amounts in 10^-6 currency units by the date from which
-- periods begin with them, {"2027-02-01": 1100000}. None of them is ever removed once a period was charged by it.
ALTER TABLE subscriptions ADD COLUMN price_changes JSONB;

-- What the operator ordered: numbers of a country and type cost this from a date on. New rentals pay it at
-- once; each running subscription is changed, and its account told, in batches, which can be interrupted and
-- begun again.
CREATE TABLE repricings (
    country TEXT NOT NULL,
    type TEXT NOT NULL,
    currency TEXT NOT NULL,
    effective_on DATE NOT NULL,
    monthly_price BIGINT NOT NULL,
    ordered_on DATE NOT NULL,
    ordered_at TIMESTAMPTZ NOT NULL,
    -- Whether every account was told.
    is_done BOOLEAN NOT NULL,
    PRIMARY KEY (country, type, currency, effective_on),
    CONSTRAINT repricings_price CHECK (monthly_price >= 0),
    CONSTRAINT repricings_ahead CHECK (effective_on > ordered_on)
) /* sqlite: WITHOUT ROWID */;

-- Which are not done yet?
CREATE INDEX repricings_open ON repricings (ordered_at) WHERE NOT is_done;
