-- The reason why a message was not accepted, as data: the console says it in the
-- reader's language. Nullable, because an older program writes last_error alone.

ALTER TABLE webhook_deliveries ADD COLUMN last_failure jsonb;
COMMENT ON COLUMN webhook_deliveries.last_failure IS 'What last_error says in English, as data: a code with its values. Void where the two differ: a program that does not know this column has written last_error since.';
