-- Who changed what.

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
    request_id   text NOT NULL
);
CREATE INDEX audit_organisation ON audit (organisation, id DESC);
CREATE INDEX audit_account ON audit (account, id DESC);
COMMENT ON TABLE audit IS 'Every change by a person: written in the transaction that makes it, never altered.';
COMMENT ON COLUMN audit.organisation IS 'No foreign key: the record outlives what it is about.';
COMMENT ON COLUMN audit.actor IS 'Address of who did it, as it was then.';
COMMENT ON COLUMN audit.prefix IS 'Network prefix (/24 or /48) that they came from.';
COMMENT ON COLUMN audit.subject IS 'What was changed: a sitekey, an address, the id of a session.';
COMMENT ON COLUMN audit.before IS 'What the change touched, as it was; never a secret.';

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the table % is only ever appended to', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
COMMENT ON FUNCTION refuse_change() IS 'Keeps records as they were written, also from this program.';

CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
