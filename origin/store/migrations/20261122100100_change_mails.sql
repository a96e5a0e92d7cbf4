-- What is queued of emails moves into deliveries; the old table keeps to whom
-- something was sent, and what became of it.

INSERT INTO deliveries (
    topic, key, version, payload, queued_at, next_try_at, leased_until, attempts, last_error
)
SELECT 'emails', id::text, 1,
    jsonb_build_object('to', recipient, 'subject', subject, 'text', text_body, 'html', html_body),
    queued_at, next_try_at, leased_until, attempts, last_error
FROM mails WHERE next_try_at IS NOT NULL;

DROP TRIGGER mail_queued ON mails;
DROP FUNCTION notify_mail();
-- The constraints on these columns go with them.
ALTER TABLE mails
    DROP COLUMN text_body,
    DROP COLUMN html_body,
    DROP COLUMN next_try_at,
    DROP COLUMN leased_until,
    DROP COLUMN attempts;
UPDATE mails SET last_error = NULL WHERE failed_at IS NULL;
ALTER TABLE mails
    ADD CONSTRAINT not_sent_and_failed CHECK (num_nonnulls(sent_at, failed_at) <= 1);
COMMENT ON TABLE mails IS 'One row per email, written in the transaction that it reports. Its text is in deliveries until it is sent or given up: it may hold a link that lets its reader in.';
COMMENT ON COLUMN mails.last_error IS 'Why it was given up: our words with the server''s code, never the server''s words, which may name the recipient.';
CREATE TRIGGER forget_delivery AFTER DELETE ON mails
    FOR EACH ROW EXECUTE FUNCTION forget_delivery('emails', 'id');
