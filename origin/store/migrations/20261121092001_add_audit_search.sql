-- The record of changes: found by its words, and kept by permission.

CREATE FUNCTION audit_words(said text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN regexp_replace(' ' || lower(said), '[\x01-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]+', ' x', 'g');
COMMENT ON FUNCTION audit_words(text) IS 'What is looked for, word by word: whatever stands between signs of ASCII, with an x before it. Else the parser would split a sitekey at 7e3, which it takes for a number, and keep an address in one piece.';

ALTER TABLE audit ADD COLUMN search tsvector NOT NULL GENERATED ALWAYS AS (
    to_tsvector('simple'::regconfig, audit_words(
        actor || ' ' || prefix || ' ' || action || ' ' || subject
            || ' ' || coalesce(before::text, '') || ' ' || coalesce(after::text, '')
    ))
) STORED;
COMMENT ON COLUMN audit.search IS 'Every word of who, from where, what, to what, before and after; as written, in whatever language.';
CREATE INDEX audit_search ON audit USING gin (search);
CREATE INDEX audit_actions ON audit (organisation, action, id DESC);

-- Not even the table's owner, which is who this program usually is. The
-- trigger keeps superusers from doing it by mistake.
REVOKE UPDATE, DELETE, TRUNCATE ON audit FROM PUBLIC, CURRENT_USER;
