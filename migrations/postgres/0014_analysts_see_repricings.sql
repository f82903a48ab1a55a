-- What the operator ordered numbers to cost, for analysts.
CREATE VIEW analyst_repricings AS
SELECT
    country,
    type,
    CAST(monthly_price / 1000000.0 AS NUMERIC(20, 6)) AS monthly_price,
    currency,
    ordered_on,
    effective_on,
    is_done
FROM repricings;

COMMENT ON COLUMN subscriptions.monthly_price IS '10^-6 currency units; what was agreed at rental';
COMMENT ON COLUMN subscriptions.price_changes IS
    'prices agreed later, in 10^-6 currency units, by the date from which periods begin with them';
COMMENT ON COLUMN repricings.effective_on IS 'running subscriptions pay the price from their first renewal on this date or later';
COMMENT ON COLUMN repricings.is_done IS 'whether it was agreed on with every account';
