-- The query tables of machines are kept by the statement that writes a machine's state, and the history of leases by the one that
-- writes leases: same statement, same transaction. A broken uniqueness rule (name, MAC) fails the whole write.
-- oldest: 1
CREATE FUNCTION machine_project() RETURNS trigger LANGUAGE plpgsql AS $$
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
    ELSE
        INSERT INTO machine AS m (uuid, name, document) VALUES (id, body ->> 'Name', body)
        ON CONFLICT (uuid) DO UPDATE SET name = excluded.name, document = excluded.document WHERE m.document <> excluded.document;
        DELETE FROM machine_mac WHERE uuid = id AND mac NOT IN (SELECT jsonb_array_elements_text(body -> 'HardwareAddrs'));
        INSERT INTO machine_mac (mac, uuid)
            SELECT wanted.mac, id FROM (SELECT DISTINCT jsonb_array_elements_text(body -> 'HardwareAddrs') AS mac) AS wanted
            WHERE NOT EXISTS (SELECT 1 FROM machine_mac AS own WHERE own.mac = wanted.mac AND own.uuid = id);
    END IF;
    INSERT INTO job (uuid, machine, started, document)
        SELECT j ->> 'Uuid', j ->> 'Machine', (j ->> 'StartTime')::timestamptz, j FROM jsonb_array_elements(coalesce(state -> 'ChangedJobs', '[]')) AS j
        ON CONFLICT (uuid) DO UPDATE SET document = excluded.document;
    INSERT INTO event (time, type, action, key, detail)
        SELECT (e ->> 'Time')::timestamptz, e ->> 'Type', e ->> 'Action', e ->> 'Key', e ->> 'Detail' FROM jsonb_array_elements(coalesce(state -> 'Events', '[]')) AS e;
    RETURN NULL;
END
$$;
CREATE TRIGGER machine_written AFTER INSERT OR UPDATE ON grain_state FOR EACH ROW WHEN (NEW.type = 'machine') EXECUTE FUNCTION machine_project();

CREATE FUNCTION lease_remember() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.state = 'ACK' AND NEW.state = 'ACK' AND OLD.token = NEW.token AND OLD.expires >= now() THEN
        UPDATE lease_history SET expires = NEW.expires WHERE subnet = NEW.subnet AND address = NEW.address AND ended IS NULL;
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        UPDATE lease_history SET ended = least(expires, now()) WHERE subnet = OLD.subnet AND address = OLD.address AND ended IS NULL;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.state = 'ACK' THEN
        INSERT INTO lease_history (subnet, address, token, since, expires) VALUES (NEW.subnet, NEW.address, NEW.token, now(), NEW.expires);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER lease_written AFTER INSERT OR UPDATE OR DELETE ON lease FOR EACH ROW EXECUTE FUNCTION lease_remember();
