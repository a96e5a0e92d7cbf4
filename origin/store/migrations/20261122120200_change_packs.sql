-- Which packs are to be drawn moves into deliveries, with the waits after
-- failures of the gpu-backend.

INSERT INTO deliveries (topic, key, version, queued_at, next_try_at, attempts, last_error)
SELECT 'drawings', id, 1, created_at, next_draw_at, failures, last_error
FROM packs WHERE state = 'drawing' AND source = 'scenes';

UPDATE packs SET last_error = NULL WHERE state <> 'deleted' AND last_error IS NOT NULL;
ALTER TABLE packs
    DROP COLUMN failures,
    DROP COLUMN next_draw_at;
COMMENT ON COLUMN packs.last_error IS 'Why it was given up. Why it is not drawn or delivered yet is in deliveries.';
CREATE TRIGGER forget_drawing AFTER DELETE ON packs
    FOR EACH ROW EXECUTE FUNCTION forget_delivery('drawings', 'id');
