-- What is queued of webhook messages moves into deliveries; the old table keeps
-- the history that owners see.

INSERT INTO deliveries (
    topic, key, version, payload, queued_at, next_try_at, leased_until, attempts, last_error
)
SELECT 'webhooks', message.id, 1, to_jsonb(body), queued_at,
    -- Behind a pause nothing is to do.
    CASE WHEN state = 'live' THEN next_try_at END, leased_until, attempts, last_error
FROM webhook_deliveries AS message JOIN webhooks ON webhooks.id = webhook
WHERE next_try_at IS NOT NULL;

DROP TRIGGER webhook_queued ON webhook_deliveries;
DROP FUNCTION notify_webhook();
-- The constraints on these columns go with them.
ALTER TABLE webhook_deliveries
    DROP COLUMN body,
    DROP COLUMN next_try_at,
    DROP COLUMN leased_until;
ALTER TABLE webhook_deliveries ADD CONSTRAINT not_delivered_and_failed
    CHECK (num_nonnulls(delivered_at, failed_at) <= 1);
COMMENT ON TABLE webhook_deliveries IS 'The history of messages: one row per message and webhook, written in the transaction of what it reports. Its body is in deliveries until it is accepted or given up.';
CREATE TRIGGER forget_delivery AFTER DELETE ON webhook_deliveries
    FOR EACH ROW EXECUTE FUNCTION forget_delivery('webhooks', 'id');
