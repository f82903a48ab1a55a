-- Numbers are found by their first digits, by their last, and by any in a row, among ten million.

-- With all that a search asks for beside the digits, so that a count, a page far back and a search for digits
-- in the middle read the index alone.
DROP INDEX numbers_on_sale;
CREATE INDEX numbers_on_sale ON numbers (country, msisdn, type, features, currency) WHERE status = 'available';

-- The digits from the last to the first: SQLite has no function for that.
ALTER TABLE numbers ADD COLUMN backwards TEXT GENERATED ALWAYS AS (
    substr(msisdn, -1, 1) || substr(msisdn, -2, 1) || substr(msisdn, -3, 1) || substr(msisdn, -4, 1)
    || substr(msisdn, -5, 1) || substr(msisdn, -6, 1) || substr(msisdn, -7, 1) || substr(msisdn, -8, 1)
    || substr(msisdn, -9, 1) || substr(msisdn, -10, 1) || substr(msisdn, -11, 1) || substr(msisdn, -12, 1)
    || substr(msisdn, -13, 1) || substr(msisdn, -14, 1) || substr(msisdn, -15, 1)
) VIRTUAL;
CREATE INDEX numbers_by_end ON numbers (country, backwards) WHERE status = 'available';
