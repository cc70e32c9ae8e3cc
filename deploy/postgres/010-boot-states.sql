-- What of a machine moves while it boots has a row of its own, so that no sighting writes the machine's document. One number (version)
-- counts the writes of both: a row of grain_state says of which version its document is, the row here of which version the machine
-- is. A write of either goes by the latter, whichever version of a silo it comes from; while the two differ the record here is the newer one, and whoever
-- reads the state finds it in its place.
-- oldest: 3
CREATE TABLE boot_state (
    uuid    text COLLATE "C" NOT NULL PRIMARY KEY,
    version int    NOT NULL,
    record  jsonb  NOT NULL,
    phase   text COLLATE "C" GENERATED ALWAYS AS (left(coalesce(record #>> '{Boot,Phase}', ''), 128)) STORED,
    address bigint GENERATED ALWAYS AS (list_address(coalesce(record ->> 'Address', '') COLLATE "C")) STORED
) WITH (fillfactor = 60);

-- Who writes a machine meanwhile waits, so that none is passed over.
LOCK TABLE grain_state IN SHARE ROW EXCLUSIVE MODE;
INSERT INTO boot_state (uuid, version, record)
    SELECT m.uuid, g.version,
        jsonb_build_object('Address', coalesce(m.document ->> 'Address', ''), 'Boot', coalesce(m.document -> 'Boot', '{}'))
    FROM machine AS m JOIN grain_state AS g ON g.type = 'machine' AND g.n0 = 0 AND g.n1 = 0 AND g.ext = 'm-' || m.uuid;
CREATE INDEX boot_state_phase ON boot_state (phase, uuid);
CREATE INDEX boot_state_address ON boot_state (address, uuid);

-- Machines as they are: what is in the record counts, not what the document says of it.
CREATE VIEW machine_now AS
SELECT m.uuid, m.name, m.document, b.record, b.phase, b.address FROM machine AS m JOIN boot_state AS b ON b.uuid = m.uuid;

CREATE OR REPLACE FUNCTION machine_project() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    state jsonb;
    body  jsonb;
    id    text COLLATE "C" := substr(NEW.ext, 3);
BEGIN
    IF NEW.payload IS NOT NULL THEN state := convert_from(NEW.payload, 'UTF8')::jsonb; END IF;
    body := state -> 'Machine';
    IF body IS NULL OR jsonb_typeof(body) <> 'object' THEN
        DELETE FROM machine_mac WHERE uuid = id;
        DELETE FROM machine WHERE uuid = id;
        DELETE FROM boot_state WHERE uuid = id;
    ELSE
        INSERT INTO boot_state AS b (uuid, version, record)
            VALUES (id, NEW.version, jsonb_build_object('Address', coalesce(body ->> 'Address', ''), 'Boot', coalesce(body -> 'Boot', '{}'),
                'BootId', coalesce(state ->> 'BootId', ''), 'Revision', coalesce(state -> 'Revision', '0')))
            ON CONFLICT (uuid) DO UPDATE SET version = excluded.version, record = excluded.record;
        INSERT INTO machine AS m (uuid, name, document) VALUES (id, body ->> 'Name', body)
        ON CONFLICT (uuid) DO UPDATE SET name = excluded.name, document = excluded.document WHERE m.document <> excluded.document;
        DELETE FROM machine_mac WHERE uuid = id AND mac NOT IN (SELECT jsonb_array_elements_text(body -> 'HardwareAddrs'));
        INSERT INTO machine_mac (mac, uuid)
            SELECT wanted.mac, id FROM (SELECT DISTINCT jsonb_array_elements_text(body -> 'HardwareAddrs') AS mac) AS wanted
            WHERE NOT EXISTS (SELECT 1 FROM machine_mac AS own WHERE own.mac = wanted.mac AND own.uuid = id);
    END IF;
    INSERT INTO job (uuid, machine, started, document)
        SELECT j ->> 'Uuid', j ->> 'Machine', (j ->> 'StartTime')::timestamptz, j
        FROM jsonb_array_elements(coalesce(state -> 'ChangedJobs', '[]')) AS j
        ON CONFLICT (uuid) DO UPDATE SET document = excluded.document;
    INSERT INTO event (time, type, action, key, detail, principal)
        SELECT (e ->> 'Time')::timestamptz, e ->> 'Type', e ->> 'Action', e ->> 'Key', e ->> 'Detail', coalesce(e ->> 'Principal', '')
        FROM jsonb_array_elements(coalesce(state -> 'Events', '[]')) AS e;
    RETURN NULL;
END
$$;

-- A state with a record in the place of what it says itself. All else keeps its text: order, spaces, digits.
CREATE FUNCTION machine_state_now(payload bytea, record jsonb) RETURNS bytea LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    state   json := convert_from(payload, 'UTF8')::json;
    machine text;
    rest    text;
BEGIN
    IF json_typeof(state -> 'Machine') IS DISTINCT FROM 'object' THEN RETURN payload; END IF;
    SELECT coalesce(string_agg(to_json(f.key)::text || ':' || f.value::text || ',', '' ORDER BY f.n), '') INTO machine
        FROM json_each(state -> 'Machine') WITH ORDINALITY AS f (key, value, n) WHERE f.key NOT IN ('Address', 'Boot');
    SELECT coalesce(string_agg(',' || to_json(f.key)::text || ':' || f.value::text, '' ORDER BY f.n), '') INTO rest
        FROM json_each(state) WITH ORDINALITY AS f (key, value, n) WHERE f.key NOT IN ('Machine', 'BootId', 'Revision');
    RETURN convert_to('{"Machine":{' || machine || '"Address":' || (record -> 'Address')::text || ',"Boot":' || (record -> 'Boot')::text
        || '}' || rest || ',"BootId":' || (record -> 'BootId')::text || ',"Revision":' || (record -> 'Revision')::text || '}', 'UTF8');
END
$$;

UPDATE OrleansQuery SET QueryText =
 'SELECT CASE WHEN b.version > g.version AND g.payload IS NOT NULL THEN machine_state_now(g.payload, b.record) ELSE g.payload END
        AS "PayloadBinary",
    coalesce(b.version, g.version) AS "Version"
  FROM grain_state AS g LEFT JOIN boot_state AS b ON g.type = ''machine'' AND b.uuid = substr(g.ext, 3)
  WHERE g.service = @ServiceId AND g.type = @GrainTypeString AND g.n0 = @GrainIdN0 AND g.n1 = @GrainIdN1
    AND g.ext = coalesce(@GrainIdExtensionString, '''')'
WHERE QueryKey = 'ReadFromStorageKey';

-- NULL, a conflict, when the row is there already (no version given) or its version, or its machine's, is another one.
CREATE OR REPLACE FUNCTION grain_state_write(
    in_service text, in_type text, in_n0 bigint, in_n1 bigint, in_ext text, in_payload bytea, in_version int) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
    written int;
    machine int;
BEGIN
    IF in_version IS NULL THEN
        INSERT INTO grain_state (service, type, n0, n1, ext, payload, version)
        VALUES (in_service, in_type, in_n0, in_n1, in_ext, in_payload, 1)
        ON CONFLICT (service, type, n0, n1, ext) DO NOTHING RETURNING version INTO written;
        RETURN written;
    END IF;
    IF in_type = 'machine' THEN
        SELECT b.version INTO machine FROM boot_state AS b WHERE b.uuid = substr(in_ext, 3) FOR NO KEY UPDATE;
    END IF;
    IF machine <> in_version THEN RETURN NULL; END IF;
    UPDATE grain_state SET payload = in_payload, version = in_version + 1
    WHERE service = in_service AND type = in_type AND n0 = in_n0 AND n1 = in_n1 AND ext = in_ext
        AND (machine = in_version OR version = in_version)
    RETURNING version INTO written;
    RETURN written;
END
$$;
