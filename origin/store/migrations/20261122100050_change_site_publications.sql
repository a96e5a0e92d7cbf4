-- What is queued of sites and of the filter of imported keys moves into
-- deliveries; the old tables keep what they know of the edge.

INSERT INTO deliveries (
    topic, key, version, payload, queued_at, next_try_at, leased_until, attempts, last_error
)
SELECT 'sites', sitekey, version, payload, queued_at, next_try_at, leased_until, attempts, last_error
FROM site_publications;
INSERT INTO deliveries (
    topic, key, version, queued_at, next_try_at, leased_until, attempts, last_error
)
SELECT 'vendor-keys', 'filter', version, queued_at, next_try_at, leased_until, attempts, last_error
FROM import_publication WHERE version > 1;

DROP TRIGGER site_publication_queued ON site_publications;
DROP FUNCTION notify_site_publication();
DROP TRIGGER announce_site ON site_publications;
ALTER TABLE site_publications
    DROP COLUMN version,
    DROP COLUMN payload,
    DROP COLUMN queued_at,
    DROP COLUMN next_try_at,
    DROP COLUMN leased_until,
    DROP COLUMN attempts,
    DROP COLUMN last_error;
COMMENT ON TABLE site_publications IS 'One row per site with what the edge is known to have. What it should have is in deliveries.';
CREATE TRIGGER announce_site AFTER UPDATE OR DELETE ON site_publications
    FOR EACH ROW EXECUTE FUNCTION announce_site();
CREATE TRIGGER forget_delivery AFTER DELETE ON site_publications
    FOR EACH ROW EXECUTE FUNCTION forget_delivery('sites', 'sitekey');

CREATE FUNCTION announce_site_delivery() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('site_changed', NEW.key);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION announce_site_delivery() IS 'As announce_site: pages show why a site is not published.';
CREATE TRIGGER announce_site AFTER UPDATE OF last_error ON deliveries
    FOR EACH ROW WHEN (NEW.topic = 'sites' AND NEW.last_error IS DISTINCT FROM OLD.last_error)
    EXECUTE FUNCTION announce_site_delivery();

ALTER TABLE import_publication
    DROP COLUMN version,
    DROP COLUMN queued_at,
    DROP COLUMN next_try_at,
    DROP COLUMN leased_until,
    DROP COLUMN attempts,
    DROP COLUMN last_error;
COMMENT ON TABLE import_publication IS 'A single row: which filter of imported keys the edge is known to have. Its lock also orders everything that makes imports live, across origins. Which filter it should have is in deliveries; what is in it is made from site_imports when it is delivered.';
