-- Drawings are in deliveries. The library that drew packs before made this
-- schema by itself, where a gpu-backend was set.
DROP SCHEMA IF EXISTS graphile_worker CASCADE;
