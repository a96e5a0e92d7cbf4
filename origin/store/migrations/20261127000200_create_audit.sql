-- Who changed what: found by its words, and kept by permission. People who
-- leave have thirty days in which they may come back; then nothing of them is
-- left but what they did, under no one's name.

CREATE FUNCTION audit_words(said text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN regexp_replace(' ' || lower(said), '[\x01-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]+', ' x', 'g');
COMMENT ON FUNCTION audit_words(text) IS 'What is looked for, word by word: whatever stands between signs of ASCII, with an x before it. Else the parser would split a sitekey at 7e3, which it takes for a number, and keep an address in one piece.';

CREATE TABLE audit (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at           timestamptz NOT NULL,
    organisation text,
    account      text,
    actor        text NOT NULL CHECK (char_length(actor) BETWEEN 1 AND 254),
    prefix       text NOT NULL CHECK (char_length(prefix) <= 50),
    action       text NOT NULL CHECK (action ~ '^[a-z]+(\.[a-z-]+)+$'),
    subject      text NOT NULL CHECK (char_length(subject) <= 254),
    before       jsonb,
    after        jsonb,
    request_id   text NOT NULL,
    search       tsvector NOT NULL GENERATED ALWAYS AS (
        to_tsvector('simple'::regconfig, audit_words(
            actor || ' ' || prefix || ' ' || action || ' ' || subject
                || ' ' || coalesce(before::text, '') || ' ' || coalesce(after::text, '')
        ))
    ) STORED
);
CREATE INDEX audit_organisation ON audit (organisation, id DESC);
CREATE INDEX audit_account ON audit (account, id DESC);
CREATE INDEX audit_actions ON audit (organisation, action, id DESC);
CREATE INDEX audit_search ON audit USING gin (search);
COMMENT ON TABLE audit IS 'Every change by a person: written in the transaction that makes it, and altered by erase_from_audit alone.';
COMMENT ON COLUMN audit.organisation IS 'No foreign key: the record outlives what it is about.';
COMMENT ON COLUMN audit.actor IS 'Address of who did it, as it was then.';
COMMENT ON COLUMN audit.prefix IS 'Network prefix (/24 or /48) that they came from.';
COMMENT ON COLUMN audit.subject IS 'What was changed: a sitekey, an address, the id of a session.';
COMMENT ON COLUMN audit.before IS 'What the change touched, as it was; never a secret.';
COMMENT ON COLUMN audit.search IS 'Every word of who, from where, what, to what, before and after; as written, in whatever language.';

-- Not even the table's owner, which is who this program usually is. The
-- trigger keeps superusers from doing it by mistake.
REVOKE UPDATE, DELETE, TRUNCATE ON audit FROM PUBLIC, CURRENT_USER;

CREATE FUNCTION keep_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' OR coalesce(current_setting('munjigi.erasing', true), '') = '' THEN
        RAISE EXCEPTION 'the table % is only ever appended to', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION keep_audit() IS 'Keeps the record as it was written, but for erase_from_audit.';
CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION keep_audit();

CREATE TABLE departures (
    account  text PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    asked_at timestamptz NOT NULL,
    erase_at timestamptz NOT NULL CHECK (erase_at > asked_at)
);
CREATE INDEX departures_due ON departures (erase_at);
COMMENT ON TABLE departures IS 'Accounts whose owner asked for them to be erased. A row is gone when they take it back, or with the account.';

CREATE FUNCTION without_address(said text, address text, pseudonym text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN regexp_replace(
        said,
        '(^|[^[:alnum:]._%+-])' || regexp_replace(address, '([^[:alnum:]])', '\\\1', 'g')
            || '(?![[:alnum:]-]|\.[[:alnum:]])',
        '\1' || pseudonym, 'gi'
    );
COMMENT ON FUNCTION without_address(text, text, text) IS 'A text in which a pseudonym stands for an address, and not for one that only contains it.';

CREATE FUNCTION erase_from_audit(whom text, address text, pseudonym text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    words tsquery := replace(trim(audit_words(address)), ' ', ' <-> ')::tsquery;
    erased bigint;
BEGIN
    -- Granted and taken back in one transaction: nobody else ever has it.
    GRANT UPDATE ON audit TO CURRENT_USER;
    PERFORM set_config('munjigi.erasing', whom, true);
    UPDATE audit SET
        account = NULLIF(account, whom),
        actor = CASE WHEN account = whom THEN pseudonym
            ELSE without_address(actor, address, pseudonym) END,
        prefix = CASE WHEN account = whom THEN '' ELSE prefix END,
        subject = without_address(subject, address, pseudonym),
        before = without_address(before::text, address, pseudonym)::jsonb,
        after = without_address(after::text, address, pseudonym)::jsonb
    WHERE account = whom OR search @@ words;
    GET DIAGNOSTICS erased = ROW_COUNT;
    PERFORM set_config('munjigi.erasing', '', true);
    REVOKE UPDATE ON audit FROM CURRENT_USER;
    RETURN erased;
END
$$;
COMMENT ON FUNCTION erase_from_audit(text, text, text) IS 'Puts a pseudonym in the place of someone in the record of changes, and forgets where they came from. Nothing else changes a row of it.';
REVOKE EXECUTE ON FUNCTION erase_from_audit(text, text, text) FROM PUBLIC;
