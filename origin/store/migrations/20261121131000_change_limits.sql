-- Counts of tries are kept under keyed hashes. Those made before were not
-- keyed, so that addresses could be tried against them: they begin again.

TRUNCATE limits;
COMMENT ON COLUMN limits.key IS 'HMAC-SHA-256, with a key derived from MUNJIGI_CONSOLE_KEYS, over the limit''s name and who or what is limited.';
