-- Indexes that find numbers on sale, among ten million, by their first digits, their last, or three or more in between.

-- One of PostgreSQL's contributed modules. The owner of a database may create it.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- First digits. The included columns are those that a search filters by, so that a count and a late page read only
-- the index. COLLATE "C" compares bytes, whatever the database's language.
CREATE INDEX numbers_on_sale ON numbers (country, msisdn COLLATE "C") INCLUDE (type, features, currency)
WHERE status = 'available';

-- Last digits: the first digits of the reversed number.
CREATE INDEX numbers_by_end ON numbers (country, reverse(msisdn) COLLATE "C") WHERE status = 'available';

-- Digits in between.
CREATE INDEX numbers_by_part ON numbers USING GIN (msisdn gin_trgm_ops) WHERE status = 'available';
