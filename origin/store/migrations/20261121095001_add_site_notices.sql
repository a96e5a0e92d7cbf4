-- Says which site changed, so that whoever keeps a copy of its row drops it.

CREATE FUNCTION announce_site() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('site_changed', COALESCE(NEW.sitekey, OLD.sitekey));
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION announce_site() IS 'Names a site of which something changed on the channel site_changed. Hints: copies end by themselves within seconds.';

CREATE TRIGGER announce_site AFTER UPDATE OR DELETE ON sites
    FOR EACH ROW EXECUTE FUNCTION announce_site();
CREATE TRIGGER announce_site AFTER INSERT OR UPDATE OR DELETE ON secrets
    FOR EACH ROW EXECUTE FUNCTION announce_site();
CREATE TRIGGER announce_site AFTER INSERT OR UPDATE OR DELETE ON site_publications
    FOR EACH ROW EXECUTE FUNCTION announce_site();
