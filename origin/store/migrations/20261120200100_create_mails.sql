-- The outbox towards the mail server.

CREATE TABLE mails (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recipient    text NOT NULL CHECK (char_length(recipient) BETWEEN 3 AND 254),
    subject      text NOT NULL CHECK (subject !~ '[[:cntrl:]]'),
    text_body    text,
    html_body    text,
    queued_at    timestamptz NOT NULL,
    next_try_at  timestamptz,
    leased_until timestamptz,
    attempts     integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    last_error   text,
    sent_at      timestamptz,
    failed_at    timestamptz,
    CONSTRAINT waiting_sent_or_failed CHECK (num_nonnulls(next_try_at, sent_at, failed_at) = 1),
    CONSTRAINT bodies_only_while_waiting CHECK (
        (next_try_at IS NULL) = (text_body IS NULL) AND (next_try_at IS NOT NULL OR html_body IS NULL)
    )
);
COMMENT ON TABLE mails IS 'One row per letter. Written in the transaction of what it tells about, so that a letter is sent if and only if that happened.';
COMMENT ON COLUMN mails.text_body IS 'Erased when the letter is sent or given up: it may hold a link that lets whoever reads it in.';
COMMENT ON COLUMN mails.html_body IS 'The same for programs that show HTML; NULL where there is text only. Erased like the text.';
COMMENT ON COLUMN mails.next_try_at IS 'When to send; NULL when it is sent or given up.';
COMMENT ON COLUMN mails.leased_until IS 'A sender is talking to the mail server about this letter; nobody else does until then. A sender that dies lets go of it so, and the letter may then go out twice.';
COMMENT ON COLUMN mails.attempts IS 'Tries that failed.';
COMMENT ON COLUMN mails.last_error IS 'Our words with the server''s code, never the server''s words: they may name the recipient.';
COMMENT ON COLUMN mails.failed_at IS 'When it was given up: refused by the server, or not taken for three days.';
CREATE INDEX mails_due ON mails (next_try_at) WHERE next_try_at IS NOT NULL;

CREATE FUNCTION notify_mail() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('munjigi_mails', NEW.id::text);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION notify_mail() IS 'Wakes the senders of every running origin at commit.';

CREATE TRIGGER mail_queued AFTER INSERT ON mails
    FOR EACH ROW EXECUTE FUNCTION notify_mail();
