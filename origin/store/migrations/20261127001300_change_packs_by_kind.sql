-- Packs and switches by kind of picture: how it is answered and what it is made
-- of. Photos are kinds of their own, so that a site can have them or not.

ALTER TABLE packs RENAME COLUMN type TO kind;
ALTER TABLE packs DROP CONSTRAINT packs_type_check;
UPDATE packs SET kind = 'photo-' || kind WHERE source = 'photos';
DROP INDEX packs_one_drawing;
ALTER TABLE packs DROP COLUMN source;
ALTER TABLE packs ADD CONSTRAINT packs_kind_check
    CHECK (kind IN ('grid', 'area', 'turn', 'photo-grid', 'photo-area'));
CREATE UNIQUE INDEX packs_one_drawing ON packs (kind) WHERE state = 'drawing';
COMMENT ON INDEX packs_one_drawing IS 'Two origins that notice the same want begin one pack.';

ALTER TABLE picture_kinds RENAME COLUMN type TO kind;
ALTER TABLE picture_kinds DROP CONSTRAINT picture_kinds_type_check;
ALTER TABLE picture_kinds ADD CONSTRAINT picture_kinds_kind_check
    CHECK (kind IN ('grid', 'area', 'turn', 'photo-grid', 'photo-area'));
INSERT INTO picture_kinds (kind) VALUES ('photo-grid'), ('photo-area');

ALTER TABLE sites DROP CONSTRAINT sites_pictures_check;
ALTER TABLE sites ADD CONSTRAINT sites_pictures_check
    CHECK (pictures <@ ARRAY['grid', 'area', 'turn', 'photo-grid', 'photo-area']);
