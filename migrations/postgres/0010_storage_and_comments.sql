-- What only PostgreSQL has.

-- A notice is updated twice: when it is claimed and when it has been sent. If there is room on its page, the first
-- update does not touch the indexes.
ALTER TABLE notices SET (fillfactor = 60);

COMMENT ON COLUMN accounts.account_id IS 'the account''s key as a number of 32 bits';
COMMENT ON COLUMN accounts.balance IS '10^-6 currency units; the sum of the account''s transfers';
COMMENT ON COLUMN accounts.credit_limit IS '10^-6 currency units; how far below zero the balance may go';
COMMENT ON COLUMN accounts.version IS
    'number of changes to the account; a change is written only if it is still the number that was read';
COMMENT ON COLUMN accounts.transfer_count IS 'sequence number of the latest transfer';
COMMENT ON COLUMN accounts.subscription_count IS 'ordinal of the latest subscription';

COMMENT ON COLUMN transfers.sequence IS 'sequence number within the account: 1-based, without gaps';
COMMENT ON COLUMN transfers.debit IS 'ledger account: balance is the account''s, all others are the operator''s own';
COMMENT ON COLUMN transfers.amount IS '10^-6 currency units';
COMMENT ON COLUMN transfers.idempotency_key IS 'the reason; there is at most one transfer for the same reason';
COMMENT ON COLUMN transfers.posted_on IS 'billing date';

COMMENT ON COLUMN numbers.features IS 'a sorted list with a comma before and after each word';
COMMENT ON COLUMN numbers.account_id IS 'the account that rents it, or for which it is on hold';
COMMENT ON COLUMN numbers.held_until IS 'date on which a number on hold becomes available to all again';

COMMENT ON COLUMN subscriptions.started_on IS 'determines the anchor, from which all renewal dates are computed';
COMMENT ON COLUMN subscriptions.monthly_price IS '10^-6 currency units; the price agreed at rental';
COMMENT ON COLUMN subscriptions.price_changes IS
    'prices agreed later, in 10^-6 currency units, by the date from which periods begin with them';
COMMENT ON COLUMN subscriptions.periods_charged IS '0-based index of the first uncharged period';
COMMENT ON COLUMN subscriptions.past_due_since IS
    'billing date of the first failed attempt to charge the oldest unpaid period';

COMMENT ON COLUMN repricings.effective_on IS
    'running subscriptions pay the price from their first renewal on or after this date';
COMMENT ON COLUMN repricings.is_done IS 'whether all accounts have been notified';

COMMENT ON COLUMN auto_reloads.threshold IS '10^-6 currency units; below this balance the payment method is charged';
COMMENT ON COLUMN auto_reloads.amount IS '10^-6 currency units; a multiple of it is charged';
COMMENT ON COLUMN auto_reloads.declines IS 'number of declines since the latest capture';

COMMENT ON COLUMN reloads.reload_id IS
    'the account''s key, a hyphen and random characters: the idempotency key at the gateway';
COMMENT ON COLUMN reloads.amount IS '10^-6 currency units';
COMMENT ON COLUMN reloads.attempts IS 'number of attempts at the gateway';
COMMENT ON COLUMN reloads.first_attempt_at IS 'by the machine''s clock, in a sandbox too';
COMMENT ON COLUMN reloads.last_attempt_at IS 'by the machine''s clock, in a sandbox too';

COMMENT ON COLUMN notices.account_id IS 'the recipient; -1 is the operator';
COMMENT ON COLUMN notices.due_at IS 'by the machine''s clock, in a sandbox too';
COMMENT ON COLUMN notices.settled_at IS 'by the machine''s clock, in a sandbox too';
