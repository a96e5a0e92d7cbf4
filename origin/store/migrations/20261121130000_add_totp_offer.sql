-- Keys of authenticator apps that were shown and not yet taken into use
-- expire.

ALTER TABLE accounts ADD COLUMN totp_offered_at timestamptz;
COMMENT ON COLUMN accounts.totp_offered_at IS 'When totp_key was shown; it can be taken into use for a few minutes only.';

-- Earlier releases did not note when, so what they showed has expired.
UPDATE accounts SET totp_key = NULL, totp_last_step = NULL
WHERE totp_key IS NOT NULL AND totp_confirmed_at IS NULL;
