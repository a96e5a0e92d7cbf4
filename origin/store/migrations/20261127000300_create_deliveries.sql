-- One outbox for everything that leaves the origin, and the emails among it.

CREATE TABLE deliveries (
    topic        text NOT NULL CHECK (topic ~ '^[a-z]+(-[a-z]+)*$'),
    key          text NOT NULL CHECK (key <> ''),
    version      bigint NOT NULL CHECK (version > 0),
    payload      jsonb,
    queued_at    timestamptz NOT NULL,
    next_try_at  timestamptz,
    leased_until timestamptz,
    attempts     integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    last_error   text,
    PRIMARY KEY (topic, key)
);
CREATE INDEX deliveries_due ON deliveries (topic, next_try_at) WHERE next_try_at IS NOT NULL;
COMMENT ON TABLE deliveries IS 'One row per thing to deliver, with the newest version that the receiver should have: a later version replaces an undelivered earlier one, so deliveries can neither pile up nor overtake each other. Written in the transaction that changes the thing.';
COMMENT ON COLUMN deliveries.topic IS 'Which handler delivers it.';
COMMENT ON COLUMN deliveries.key IS 'What is delivered, within the topic. No foreign key: triggers delete the row with the thing where it must not outlive it.';
COMMENT ON COLUMN deliveries.payload IS 'What is sent, as far as it is not read from other tables: of a pack, whose manifest and images are in pack_items, an empty object. NULL under sites and packs means that it is removed from the edge.';
COMMENT ON COLUMN deliveries.queued_at IS 'Since when it waits.';
COMMENT ON COLUMN deliveries.next_try_at IS 'When to deliver; NULL when nothing is to do.';
COMMENT ON COLUMN deliveries.leased_until IS 'An origin is delivering it; no other does until then, so an older version never arrives after a newer one. An origin that dies loses it this way, and the far side may then get it twice.';
COMMENT ON COLUMN deliveries.attempts IS 'Failed attempts at this version.';
COMMENT ON COLUMN deliveries.last_error IS 'Our words, never those of the far side: they may name a person.';

CREATE FUNCTION notify_delivery() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('munjigi_deliveries', NEW.topic);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION notify_delivery() IS 'Wakes the handler of this topic in every running origin, at commit.';
CREATE TRIGGER delivery_queued AFTER INSERT OR UPDATE OF version ON deliveries
    FOR EACH ROW EXECUTE FUNCTION notify_delivery();

CREATE FUNCTION forget_delivery() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM deliveries WHERE topic = TG_ARGV[0] AND key = to_jsonb(OLD) ->> TG_ARGV[1];
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION forget_delivery() IS 'Deletes what waits under a topic (first argument) when the row it is about is deleted, by whatever cascade; the second argument names the column with the key.';

CREATE TABLE mails (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recipient  text NOT NULL CHECK (char_length(recipient) BETWEEN 3 AND 254),
    subject    text NOT NULL CHECK (subject !~ '[[:cntrl:]]'),
    queued_at  timestamptz NOT NULL,
    sent_at    timestamptz,
    failed_at  timestamptz,
    last_error text,
    CONSTRAINT not_sent_and_failed CHECK (num_nonnulls(sent_at, failed_at) <= 1)
);
COMMENT ON TABLE mails IS 'One row per email, written in the transaction that it reports. Its text is in deliveries until it is sent or given up: it may hold a link that lets its reader in.';
COMMENT ON COLUMN mails.failed_at IS 'When it was given up: refused by the server, or not taken for three days.';
COMMENT ON COLUMN mails.last_error IS 'Why it was given up: our words with the server''s code, never the server''s words, which may name the recipient.';
CREATE TRIGGER forget_delivery AFTER DELETE ON mails
    FOR EACH ROW EXECUTE FUNCTION forget_delivery('emails', 'id');
