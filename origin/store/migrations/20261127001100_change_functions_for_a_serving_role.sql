-- The role that serves need not own the tables: what it may not do itself, these
-- functions do as their owner. pg_temp comes last in their search path, or a
-- temporary table of the caller's could stand for one of ours.

DO $$
DECLARE
    signature text;
BEGIN
    FOREACH signature IN ARRAY ARRAY[
        'create_day_partition(text, date)',
        'drop_day_partitions(text, date)',
        'erase_from_audit(text, text, text)'
    ] LOOP
        EXECUTE format(
            'ALTER FUNCTION %s SECURITY DEFINER SET search_path = %I, pg_temp',
            signature, current_schema()
        );
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', signature);
    END LOOP;
END
$$;
