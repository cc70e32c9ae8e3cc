-- A machine's state holds its last job. Who deletes that job from the table deletes it: the next job, which says of the last one that it is
-- no longer the current one, does not bring it back. Its log goes with the row, in one transaction.
-- oldest: 3
CREATE OR REPLACE FUNCTION machine_project() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    state jsonb;
    body  jsonb;
    last  text COLLATE "C";
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
    IF jsonb_array_length(coalesce(state -> 'ChangedJobs', '[]')) > 0 THEN
        IF TG_OP = 'UPDATE' AND OLD.payload IS NOT NULL THEN last := convert_from(OLD.payload, 'UTF8')::jsonb #>> '{Job,Uuid}'; END IF;
        INSERT INTO job (uuid, machine, started, document)
            SELECT j ->> 'Uuid', j ->> 'Machine', (j ->> 'StartTime')::timestamptz, j FROM jsonb_array_elements(state -> 'ChangedJobs') AS j
            WHERE j ->> 'Uuid' IS DISTINCT FROM last OR EXISTS (SELECT 1 FROM job AS kept WHERE kept.uuid = last FOR KEY SHARE)
            ON CONFLICT (uuid) DO UPDATE SET document = excluded.document;
    END IF;
    INSERT INTO event (time, type, action, key, detail, principal)
        SELECT (e ->> 'Time')::timestamptz, e ->> 'Type', e ->> 'Action', e ->> 'Key', e ->> 'Detail', coalesce(e ->> 'Principal', '')
        FROM jsonb_array_elements(coalesce(state -> 'Events', '[]')) AS e;
    RETURN NULL;
END
$$;

CREATE FUNCTION job_forget() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM job_log WHERE job = OLD.uuid;
    RETURN NULL;
END
$$;
CREATE TRIGGER job_deleted AFTER DELETE ON job FOR EACH ROW EXECUTE FUNCTION job_forget();
DELETE FROM job_log WHERE job NOT IN (SELECT uuid FROM job);
