-- The outbox towards the edge: what the edge should have, per site.

CREATE TABLE site_publications (
    sitekey           text PRIMARY KEY,
    version           bigint NOT NULL CHECK (version > 0),
    payload           jsonb,
    queued_at         timestamptz NOT NULL,
    next_try_at       timestamptz,
    leased_until      timestamptz,
    attempts          integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    last_error        text,
    published_version bigint,
    published_at      timestamptz,
    verified_at       timestamptz,
    CONSTRAINT published_together CHECK ((published_version IS NULL) = (published_at IS NULL))
);
COMMENT ON TABLE site_publications IS 'One row per site with the newest version wanted at the edge: a later change replaces an undelivered earlier one, so deliveries can neither pile up nor overtake each other. Written in the transaction that changes the site.';
COMMENT ON COLUMN site_publications.sitekey IS 'No foreign key: the row must outlive an erased site until the edge has let go of it.';
COMMENT ON COLUMN site_publications.payload IS 'SiteConfig to PUT; NULL means DELETE.';
COMMENT ON COLUMN site_publications.next_try_at IS 'When to deliver; NULL when the edge has this version.';
COMMENT ON COLUMN site_publications.leased_until IS 'A publisher is calling the edge about this site; nobody else does until then, so an older version never arrives after a newer one.';
COMMENT ON COLUMN site_publications.attempts IS 'Failed tries of this version.';
COMMENT ON COLUMN site_publications.verified_at IS 'When the edge was last seen to serve the site.';
CREATE INDEX site_publications_due ON site_publications (next_try_at) WHERE next_try_at IS NOT NULL;

CREATE FUNCTION notify_site_publication() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('munjigi_site_publications', NEW.sitekey);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION notify_site_publication() IS 'Wakes the publishers of every running origin at commit.';

CREATE TRIGGER site_publication_queued AFTER INSERT OR UPDATE OF version ON site_publications
    FOR EACH ROW EXECUTE FUNCTION notify_site_publication();
