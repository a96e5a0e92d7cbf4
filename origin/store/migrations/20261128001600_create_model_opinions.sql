-- What an operator thinks of models' answers, to choose among versions.

CREATE TABLE model_opinions (
    model        text NOT NULL CHECK (char_length(model) BETWEEN 1 AND 200),
    picture      bytea NOT NULL CHECK (octet_length(picture) = 32),
    name         text NOT NULL CHECK (char_length(name) <= 300),
    likes        boolean NOT NULL,
    comment      text NOT NULL CHECK (char_length(comment) <= 2000),
    said         jsonb NOT NULL,
    engine       text NOT NULL,
    milliseconds double precision NOT NULL,
    at           timestamptz NOT NULL,
    PRIMARY KEY (model, picture)
);
CREATE INDEX model_opinions_by_time ON model_opinions (at DESC);
COMMENT ON TABLE model_opinions IS 'One row per answer of a model that an operator liked or disliked; a later opinion on the same model and picture replaces it.';
COMMENT ON COLUMN model_opinions.model IS 'NAME@VERSION.';
COMMENT ON COLUMN model_opinions.picture IS 'The SHA-256 of what the model saw; the picture is not kept here.';
COMMENT ON COLUMN model_opinions.name IS 'The name of the picture''s file.';
COMMENT ON COLUMN model_opinions.said IS 'The protocol''s Prediction, as far as it was shown.';
