-- Amounts as decimals, for analysts.
CREATE VIEW analyst_accounts AS
SELECT
    lpad(to_hex(account_id), 8, '0') AS account_key,
    name,
    email,
    currency,
    CAST(balance / 1000000.0 AS NUMERIC(20, 6)) AS balance,
    CAST(credit_limit / 1000000.0 AS NUMERIC(20, 6)) AS credit_limit,
    status
FROM accounts;

CREATE VIEW analyst_subscriptions AS
SELECT
    lpad(to_hex(subscriptions.account_id), 8, '0') AS account_key,
    subscriptions.ordinal,
    subscriptions.msisdn,
    numbers.country,
    numbers.type,
    CAST(subscriptions.monthly_price / 1000000.0 AS NUMERIC(20, 6)) AS monthly_price,
    numbers.currency,
    subscriptions.started_on,
    subscriptions.next_renewal_on,
    subscriptions.past_due_since,
    subscriptions.ended_on,
    subscriptions.end_reason
FROM subscriptions
JOIN numbers ON numbers.msisdn = subscriptions.msisdn;

CREATE VIEW analyst_transfers AS
SELECT
    lpad(to_hex(transfers.account_id), 8, '0') AS account_key,
    transfers.sequence,
    transfers.posted_on,
    transfers.code,
    transfers.debit,
    transfers.credit,
    CAST(transfers.amount / 1000000.0 AS NUMERIC(20, 6)) AS amount,
    transfers.currency,
    CAST(transfers.balance_after / 1000000.0 AS NUMERIC(20, 6)) AS balance_after,
    subscriptions.msisdn,
    transfers.period_start,
    transfers.period_end,
    transfers.idempotency_key
FROM transfers
LEFT JOIN subscriptions
    ON subscriptions.account_id = transfers.account_id
    AND subscriptions.ordinal = transfers.subscription;

COMMENT ON COLUMN accounts.account_id IS 'the account''s key as a number: the same 32 bits';
COMMENT ON COLUMN accounts.balance IS '10^-6 currency units; equals the sum of the account''s transfers';
COMMENT ON COLUMN accounts.credit_limit IS '10^-6 currency units; how far below zero the balance may go';
COMMENT ON COLUMN accounts.version IS 'counts the changes to the account; a change is written only if nobody else''s came first';
COMMENT ON COLUMN accounts.transfer_count IS 'the sequence of the latest transfer';
COMMENT ON COLUMN accounts.subscription_count IS 'the ordinal of the latest subscription';
COMMENT ON COLUMN numbers.features IS 'a sorted list with a comma before and after each word';
COMMENT ON COLUMN numbers.account_id IS 'who rents it, or for whom it is held';
COMMENT ON COLUMN numbers.held_until IS 'the day on which a held number goes back on sale';
COMMENT ON COLUMN subscriptions.started_on IS 'fixes the anchor: every renewal date is computed from it';
COMMENT ON COLUMN subscriptions.periods_charged IS 'the period of this index is the first one not charged';
COMMENT ON COLUMN subscriptions.past_due_since IS 'the billing date of the run that first tried the oldest unpaid period in vain';
COMMENT ON COLUMN transfers.sequence IS 'the account''s how-many-eth transfer, from 1, without a gap';
COMMENT ON COLUMN transfers.debit IS 'ledger account: balance is the account''s, the others are the house''s';
COMMENT ON COLUMN transfers.amount IS '10^-6 currency units';
COMMENT ON COLUMN transfers.idempotency_key IS 'names the reason; the same reason counts once';
COMMENT ON COLUMN transfers.posted_on IS 'the billing date it counts for';
