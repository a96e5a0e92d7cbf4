-- Tables that grow with traffic are partitioned by day (UTC) and lose a day
-- as a whole. These two functions are the only DDL at run time.

CREATE FUNCTION create_day_partition(parent text, day date) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    name text := format('%s_%s', parent, to_char(day, 'YYYYMMDD'));
BEGIN
    IF to_regclass(quote_ident(name)) IS NOT NULL THEN
        RETURN false;
    END IF;
    -- Two origins may want the same day at once. The table is looked up in
    -- the catalogue this time: to_regclass answers from this session's cache,
    -- which waiting for an advisory lock does not refresh.
    PERFORM pg_advisory_xact_lock(hashtext('create_day_partition'));
    PERFORM FROM pg_class
        WHERE relname = name AND relnamespace = current_schema()::regnamespace;
    IF FOUND THEN
        RETURN false;
    END IF;
    -- ATTACH takes a weaker lock on the parent than CREATE … PARTITION OF:
    -- intake goes on meanwhile.
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name, parent);
    EXECUTE format(
        'ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
        parent, name,
        to_char(day, 'YYYY-MM-DD') || ' 00:00:00+00',
        to_char(day + 1, 'YYYY-MM-DD') || ' 00:00:00+00'
    );
    RETURN true;
END
$$;
COMMENT ON FUNCTION create_day_partition(text, date) IS 'Makes sure that the day (UTC) has its partition; true when it was made now.';

CREATE FUNCTION drop_day_partitions(parent text, first_kept date) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    name text;
BEGIN
    FOR name IN
        SELECT child.relname FROM pg_inherits
        JOIN pg_class child ON child.oid = inhrelid
        WHERE inhparent = to_regclass(quote_ident(parent))
          AND child.relname ~ '_[0-9]{8}$'
          AND to_date(right(child.relname, 8), 'YYYYMMDD') < first_kept
        ORDER BY child.relname
    LOOP
        EXECUTE format('DROP TABLE %I', name);
        RETURN NEXT name;
    END LOOP;
END
$$;
COMMENT ON FUNCTION drop_day_partitions(text, date) IS 'Drops every partition whose day is before the first one kept, and names them.';
