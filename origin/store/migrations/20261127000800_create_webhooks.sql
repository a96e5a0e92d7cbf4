-- Where an organisation wants to be told of something, and who of it by email.

CREATE TABLE webhooks (
    id            text PRIMARY KEY CHECK (id ~ '^[0-9a-hjkmnp-tv-z]{16}$'),
    organisation  text NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    url           text NOT NULL CHECK (char_length(url) BETWEEN 1 AND 500),
    secret        bytea NOT NULL,
    state         text NOT NULL CHECK (state IN ('live', 'paused')),
    created_at    timestamptz NOT NULL,
    failing_since timestamptz,
    UNIQUE (organisation, url)
);
COMMENT ON TABLE webhooks IS 'Addresses that messages are posted to.';
COMMENT ON COLUMN webhooks.secret IS 'What messages are signed with, sealed with MUNJIGI_CONSOLE_KEYS.';
COMMENT ON COLUMN webhooks.failing_since IS 'When a message was given up, unless one was delivered since.';

CREATE TABLE webhook_deliveries (
    id           text PRIMARY KEY CHECK (id ~ '^msg_[0-9a-hjkmnp-tv-z]{16}$'),
    webhook      text NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
    event        text NOT NULL CHECK (event ~ '^[a-z]+(\.[a-z]+)+$'),
    queued_at    timestamptz NOT NULL,
    attempts     integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    last_status  smallint CHECK (last_status BETWEEN 100 AND 999),
    last_error   text,
    last_failure jsonb,
    delivered_at timestamptz,
    failed_at    timestamptz,
    CONSTRAINT not_delivered_and_failed CHECK (num_nonnulls(delivered_at, failed_at) <= 1)
);
CREATE INDEX webhook_deliveries_by_webhook ON webhook_deliveries (webhook, queued_at DESC);
COMMENT ON TABLE webhook_deliveries IS 'The history of messages: one row per message and webhook, written in the transaction of what it reports. Its body is in deliveries until it is accepted or given up.';
COMMENT ON COLUMN webhook_deliveries.id IS 'The header webhook-id: the same at every try.';
COMMENT ON COLUMN webhook_deliveries.attempts IS 'Tries, those that failed and the one that did not.';
COMMENT ON COLUMN webhook_deliveries.last_error IS 'Our words, never the receiver''s.';
COMMENT ON COLUMN webhook_deliveries.last_failure IS 'What last_error says in English, as data: a code with its values, so that the console says it in the reader''s language. Void where the two differ: another version of the program has written last_error since.';
COMMENT ON COLUMN webhook_deliveries.failed_at IS 'When it was given up: after a day of tries, or because the receiver answered that it is gone.';
CREATE TRIGGER forget_delivery AFTER DELETE ON webhook_deliveries
    FOR EACH ROW EXECUTE FUNCTION forget_delivery('webhooks', 'id');

CREATE TABLE told_by_mail (
    organisation text NOT NULL,
    account      text NOT NULL,
    since        timestamptz NOT NULL,
    told_at      timestamptz,
    PRIMARY KEY (organisation, account),
    FOREIGN KEY (organisation, account) REFERENCES members (organisation, account) ON DELETE CASCADE
);
COMMENT ON TABLE told_by_mail IS 'Members who get an email when something unusual begins. Who leaves the organisation gets none.';
COMMENT ON COLUMN told_by_mail.told_at IS 'When the last email was queued: there is at most one in an hour, about everything that began since.';
