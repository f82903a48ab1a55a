-- Indexes that find numbers on sale, among ten million, by their first digits, their last, or any in between.

-- First digits. The columns after msisdn are those that a search filters by, so that a count, a late page and a search
-- for digits in between read only the index.
CREATE INDEX numbers_on_sale ON numbers (country, msisdn, type, features, currency) WHERE status = 'available';

-- Last digits: the first digits of the reversed number. SQLite has no function that reverses a text.
ALTER TABLE numbers ADD COLUMN msisdn_reversed TEXT GENERATED ALWAYS AS (
    substr(msisdn, -1, 1) || substr(msisdn, -2, 1) || substr(msisdn, -3, 1) || substr(msisdn, -4, 1)
    || substr(msisdn, -5, 1) || substr(msisdn, -6, 1) || substr(msisdn, -7, 1) || substr(msisdn, -8, 1)
    || substr(msisdn, -9, 1) || substr(msisdn, -10, 1) || substr(msisdn, -11, 1) || substr(msisdn, -12, 1)
    || substr(msisdn, -13, 1) || substr(msisdn, -14, 1) || substr(msisdn, -15, 1)
) VIRTUAL;
CREATE INDEX numbers_by_end ON numbers (country, msisdn_reversed) WHERE status = 'available';
