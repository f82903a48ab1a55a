-- What the operator ordered numbers to cost, for analysts.
CREATE VIEW analyst_repricings AS
SELECT
    country,
    type,
    printf('%d.%06d', monthly_price / 1000000, monthly_price % 1000000) AS monthly_price,
    currency,
    ordered_on,
    effective_on,
    is_done
FROM repricings;
