-- Numbers are found by their first digits, by their last, and by any three or more in a row, among ten
-- million.

-- Comes with PostgreSQL's contributed modules; the owner of a database may create it.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- With all that a search asks for beside the digits, so that a count and a page far back read the index
-- alone. By the order of bytes: the database's own may be any language's.
DROP INDEX numbers_on_sale;
CREATE INDEX numbers_on_sale ON numbers (country, msisdn COLLATE "C") INCLUDE (type, features, currency)
WHERE status = 'available';

CREATE INDEX numbers_by_end ON numbers (country, reverse(msisdn) COLLATE "C") WHERE status = 'available';

CREATE INDEX numbers_by_part ON numbers USING GIN (msisdn gin_trgm_ops) WHERE status = 'available';
