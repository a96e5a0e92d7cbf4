-- What is queued of packs moves into deliveries. The old table knew nothing
-- else: what the edge has of a pack is in its state.

INSERT INTO deliveries (
    topic, key, version, payload, queued_at, next_try_at, leased_until, attempts, last_error
)
SELECT 'packs', pack,
    CASE action WHEN 'put' THEN 1 ELSE 2 END, CASE action WHEN 'put' THEN '{}'::jsonb END,
    queued_at, next_try_at, leased_until, attempts, pack_publications.last_error
FROM pack_publications JOIN packs ON packs.id = pack
-- Of a deleted pack, nothing is wanted at the edge.
WHERE state <> 'deleted';

DROP TABLE pack_publications;
CREATE TRIGGER forget_delivery AFTER DELETE ON packs
    FOR EACH ROW EXECUTE FUNCTION forget_delivery('packs', 'id');
COMMENT ON COLUMN deliveries.payload IS 'What is sent, as far as it is not read from other tables: of a pack, whose manifest and images are in pack_items, an empty object. NULL under sites and packs means that it is removed from the edge.';
COMMENT ON TABLE deliveries IS 'One row per thing to deliver, with the newest version that the receiver should have: a later version replaces an undelivered earlier one, so deliveries can neither pile up nor overtake each other. Written in the transaction that changes the thing.';
COMMENT ON FUNCTION notify_delivery() IS 'Wakes the handler of this topic in every running origin, at commit.';
