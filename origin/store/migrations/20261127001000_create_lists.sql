-- Lists of networks and autonomous systems that sites' rules name.

CREATE TABLE lists (
    id           text PRIMARY KEY CHECK (id ~ '^[0-9a-hjkmnp-tv-z]{16}$'),
    organisation text NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    name         text NOT NULL CHECK (name ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND char_length(name) <= 40),
    entries      text[] NOT NULL CHECK (cardinality(entries) <= 5000),
    version      bigint NOT NULL CHECK (version > 0),
    created_at   timestamptz NOT NULL,
    changed_at   timestamptz NOT NULL,
    UNIQUE (organisation, name)
);
COMMENT ON TABLE lists IS 'Lists that organisations keep. Rules name one as list_ and its id. What the edge gets is made from the entries when it is delivered.';
COMMENT ON COLUMN lists.entries IS 'Networks and systems in the order in which they were typed: 192.0.2.0/24, 2001:db8::/48, AS64500.';
COMMENT ON COLUMN lists.version IS 'Rises with every change; never below the milliseconds since 1970 at the change, so that a database restored from a backup overtakes what the edge already has.';

CREATE TABLE list_sources (
    list        text NOT NULL CHECK (list ~ '^[a-z][a-z0-9-]{0,31}$'),
    url         text NOT NULL CHECK (url <> ''),
    bytes       bytea,
    entries     integer CHECK (entries > 0),
    etag        text,
    fetched_at  timestamptz,
    changed_at  timestamptz,
    checked_at  timestamptz NOT NULL,
    next_try_at timestamptz NOT NULL,
    error       text,
    PRIMARY KEY (list, url),
    CONSTRAINT fetched_together CHECK (num_nulls(bytes, entries, fetched_at, changed_at) IN (0, 4))
);
COMMENT ON TABLE list_sources IS 'The files that published lists are made of, each as it last was good: a fetch that fails changes neither bytes nor fetched_at.';
COMMENT ON COLUMN list_sources.bytes IS 'The set of the file, as the edge gets sets; not the file.';
COMMENT ON COLUMN list_sources.entries IS 'How many entries the file had: a file with less than half of them does not replace it.';
COMMENT ON COLUMN list_sources.fetched_at IS 'When its server last gave a good file, or said that this one is current.';
COMMENT ON COLUMN list_sources.changed_at IS 'When the set last became another one.';
COMMENT ON COLUMN list_sources.error IS 'Why the last fetch failed, in our words; NULL if it did not.';

CREATE TABLE published_lists (
    name       text PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9-]{0,31}$'),
    bytes      bytea NOT NULL,
    version    bigint NOT NULL CHECK (version > 0),
    changed_at timestamptz NOT NULL
);
COMMENT ON TABLE published_lists IS 'Lists that everyone''s rules may name: what is in any of their sources, as the edge gets it.';

CREATE FUNCTION withdraw_list() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO deliveries (topic, key, version, queued_at, next_try_at)
    VALUES (
        'lists',
        TG_ARGV[0] || (to_jsonb(OLD) ->> TG_ARGV[1]),
        GREATEST(OLD.version + 1, floor(extract(epoch FROM now()) * 1000)::bigint),
        now(),
        now()
    )
    ON CONFLICT (topic, key) DO UPDATE SET
        version = GREATEST(deliveries.version + 1, EXCLUDED.version), payload = NULL,
        queued_at = EXCLUDED.queued_at, next_try_at = EXCLUDED.next_try_at,
        attempts = 0, last_error = NULL;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION withdraw_list() IS 'Has a list taken off the edge when its row is deleted, by whatever cascade. The arguments are what the key begins with and the column with the rest of it.';
CREATE TRIGGER list_deleted AFTER DELETE ON lists
    FOR EACH ROW EXECUTE FUNCTION withdraw_list('list_', 'id');
CREATE TRIGGER published_list_deleted AFTER DELETE ON published_lists
    FOR EACH ROW EXECUTE FUNCTION withdraw_list('', 'name');
