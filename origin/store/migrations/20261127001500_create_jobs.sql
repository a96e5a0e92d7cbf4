-- Images that organisations have a model look at.

CREATE TABLE jobs (
    id           text PRIMARY KEY CHECK (id ~ '^[0-9a-z]{16}$'),
    organisation text NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    model        text NOT NULL CHECK (char_length(model) BETWEEN 1 AND 100),
    priority     smallint NOT NULL CHECK (priority BETWEEN 0 AND 2),
    content_type text NOT NULL,
    image        bytea,
    bytes        integer NOT NULL CHECK (bytes > 0),
    created_at   timestamptz NOT NULL,
    leases       integer NOT NULL DEFAULT 0 CHECK (leases >= 0),
    leased_until timestamptz,
    started_at   timestamptz,
    tries        integer NOT NULL DEFAULT 0 CHECK (tries >= 0),
    finished_at  timestamptz,
    result       jsonb,
    error        text,
    CONSTRAINT waits_with_its_image CHECK ((finished_at IS NULL) = (image IS NOT NULL)),
    CONSTRAINT ends_one_way CHECK ((finished_at IS NULL AND num_nonnulls(result, error) = 0)
        OR (finished_at IS NOT NULL AND num_nonnulls(result, error) = 1))
);
CREATE INDEX jobs_to_do ON jobs (organisation, priority, created_at, id) WHERE finished_at IS NULL;
CREATE INDEX jobs_by_turn ON jobs (organisation, started_at);
CREATE INDEX jobs_of_organisation ON jobs (organisation, created_at DESC, id DESC);
COMMENT ON TABLE jobs IS 'One row per image that an organisation has a model of the gpu-backend look at, until a day after it is finished.';
COMMENT ON COLUMN jobs.model IS 'NAME or NAME@VERSION, as asked for; the result says which version answered.';
COMMENT ON COLUMN jobs.priority IS 'Among the jobs of its organisation: 0 high, 1 normal, 2 low.';
COMMENT ON COLUMN jobs.image IS 'The file; erased when the job is finished.';
COMMENT ON COLUMN jobs.bytes IS 'The length of the file.';
COMMENT ON COLUMN jobs.leases IS 'How often an origin has begun it. What an origin reports under an earlier number comes too late.';
COMMENT ON COLUMN jobs.leased_until IS 'An origin has it computed; no other does until then.';
COMMENT ON COLUMN jobs.started_at IS 'When it was last begun. The organisation that was served longest ago is served next.';
COMMENT ON COLUMN jobs.tries IS 'How often a gpu-backend vanished or took too long while it had the image.';
COMMENT ON COLUMN jobs.result IS 'The protocol''s PredictReply.';
COMMENT ON COLUMN jobs.error IS 'A stable code: the gpu-backend''s, or one of ours.';

CREATE FUNCTION notify_job() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('munjigi_jobs', '');
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION notify_job() IS 'Wakes the origins that have jobs computed, at commit.';
CREATE TRIGGER job_created AFTER INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION notify_job();
