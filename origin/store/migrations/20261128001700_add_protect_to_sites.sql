ALTER TABLE sites
    ADD COLUMN protect jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(protect) = 'array');

COMMENT ON COLUMN sites.protect IS 'Ordered list of the protocol''s Protection; the first that matches decides.';
