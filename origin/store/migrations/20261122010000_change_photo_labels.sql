-- What a model said of a photo is kept also where it was not sure: how sure it
-- has to be is asked when packs are made.

COMMENT ON COLUMN photos.label IS 'The thing it shows, as a key of the widget''s locale files; NULL where what the model saw is no such thing. How sure it was stands in score.';
