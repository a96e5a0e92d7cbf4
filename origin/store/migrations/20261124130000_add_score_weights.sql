-- What signs are worth at a site, learned from its outcomes.

ALTER TABLE sites ADD COLUMN score_weights jsonb;
COMMENT ON COLUMN sites.score_weights IS 'As published, ScoreWeights of docs/protocol.md; NULL: the fixed weights.';

CREATE TABLE score_courses (
    sitekey    text PRIMARY KEY REFERENCES sites (sitekey) ON DELETE CASCADE,
    course     jsonb NOT NULL,
    learned_at timestamptz NOT NULL
);
COMMENT ON TABLE score_courses IS 'Per site that learns: weights in force, before, and in the shadow.';
COMMENT ON COLUMN score_courses.learned_at IS 'The last night, or undo.';
