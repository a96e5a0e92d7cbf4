-- What became of pictures, from the edge's isolates.

CREATE TABLE picture_counts (
    minute         timestamptz NOT NULL CHECK (minute = date_trunc('minute', minute, 'UTC')),
    type           text NOT NULL CHECK (type IN ('grid', 'area', 'turn')),
    pack           text NOT NULL CHECK (pack = '' OR pack ~ '^[0-9a-f]{16}$'),
    dealt          bigint NOT NULL CHECK (dealt >= 0),
    answered_right bigint NOT NULL CHECK (answered_right >= 0),
    answered_wrong bigint NOT NULL CHECK (answered_wrong >= 0),
    way            bigint NOT NULL CHECK (way >= 0),
    PRIMARY KEY (minute, type, pack)
) PARTITION BY RANGE (minute);
COMMENT ON TABLE picture_counts IS 'What became of pictures per minute; the sum over isolates. Approximate, as minute_counts. Partitioned by day (UTC), dropped by retention.';
COMMENT ON COLUMN picture_counts.pack IS 'No foreign key: counts may outlive a pack, or be of one that a restored database does not know. Empty where a picture was due and there was none to deal.';
COMMENT ON COLUMN picture_counts.dealt IS 'Challenges dealt; where the pack is empty, those that could not be.';
COMMENT ON COLUMN picture_counts.way IS 'Visitors who chose another way.';
