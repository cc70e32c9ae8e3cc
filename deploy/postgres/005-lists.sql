-- What lists compare by (src/Storage/Postgres/PostgresListSql.cs writes the same expressions), and indexes for the filters and orders that
-- are asked for most. All functions give a value for every input, since a list must not fail for one row.
-- oldest: 1
CREATE FUNCTION list_address(value text) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN value ~ '^((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\.){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])$'
        THEN split_part(value, '.', 1)::bigint * 16777216 + split_part(value, '.', 2)::bigint * 65536
            + split_part(value, '.', 3)::bigint * 256 + split_part(value, '.', 4)::bigint
        ELSE -1 END
$$;

CREATE FUNCTION list_mac(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN length(value) <= 64 AND translate(value, ':-.', '') ~ '^([0-9A-Fa-f]{12}|[0-9A-Fa-f]{16}|[0-9A-Fa-f]{40})$'
        THEN lower(translate(value, ':-.', '') COLLATE "C") ELSE value END
$$;

CREATE FUNCTION list_time(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT left(rtrim(value, 'Z') || CASE WHEN strpos(value, '.') = 0 THEN '.' ELSE '' END || '0000000', 27)
$$;

CREATE FUNCTION list_type(value jsonb) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE jsonb_typeof(value) WHEN 'boolean' THEN 1 WHEN 'number' THEN 2 WHEN 'string' THEN 3 WHEN 'array' THEN 4 WHEN 'object' THEN 4 ELSE 0 END
$$;

CREATE FUNCTION list_double(value numeric) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN value > 1.7e308 THEN 'Infinity'::double precision WHEN value < -1.7e308 THEN '-Infinity'::double precision
        WHEN abs(value) < 1e-310 THEN 0
        ELSE CASE WHEN value::double precision > 1e308::double precision THEN 'Infinity'::double precision
            WHEN value::double precision < -1e308::double precision THEN '-Infinity'::double precision
            WHEN abs(value::double precision) < 1e-300::double precision THEN 0 ELSE value::double precision END END
$$;

CREATE FUNCTION list_number(value jsonb) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE jsonb_typeof(value) WHEN 'number' THEN list_double(value::numeric) WHEN 'boolean' THEN value::boolean::int::double precision ELSE 0 END
$$;

CREATE FUNCTION list_text(value jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE jsonb_typeof(value) WHEN 'string' THEN value #>> '{}' ELSE '' END
$$;

CREATE INDEX machine_address ON machine (list_address(coalesce(document ->> 'Address', '') COLLATE "C"), uuid);
CREATE INDEX machine_stage ON machine (left(coalesce(document ->> 'Stage', '') COLLATE "C", 128), uuid);
CREATE INDEX machine_bootenv ON machine (left(coalesce(document ->> 'BootEnv', '') COLLATE "C", 128), uuid);
CREATE INDEX machine_workflow ON machine (left(coalesce(document ->> 'Workflow', '') COLLATE "C", 128), uuid);
CREATE INDEX machine_phase ON machine (left(coalesce(document #>> '{Boot,Phase}', '') COLLATE "C", 128), uuid);
CREATE INDEX machine_runnable ON machine (coalesce((document ->> 'Runnable')::boolean::int, 0), uuid);
CREATE INDEX machine_mac_digits ON machine_mac ((list_mac(mac) COLLATE "C"));

-- The order of jobs, to 100 ns, which timestamptz does not keep.
CREATE INDEX job_order ON job ((list_time(coalesce(document ->> 'StartTime', '0001-01-01T00:00:00Z') COLLATE "C") COLLATE "C"), uuid);
