-- People who leave: thirty days in which they may come back, then nothing of
-- them is left but what they did, by nobody's name.

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
DROP TRIGGER audit_stays ON audit;
CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION keep_audit();

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
COMMENT ON FUNCTION erase_from_audit(text, text, text) IS 'Puts a pseudonym in the place of somebody in the record of changes, and forgets where they came from. Nothing else changes a row of it.';
REVOKE EXECUTE ON FUNCTION erase_from_audit(text, text, text) FROM PUBLIC;
