-- The query tables of machines are kept by the statement that writes a machine's state: same statement, same transaction.
-- A broken uniqueness rule (name, MAC) fails the whole write.
CREATE VIEW machine_state AS
SELECT service, ext, version, CAST(payload AS TEXT) AS state FROM grain_state WHERE type = 'machine';

CREATE TRIGGER machine_inserted AFTER INSERT ON grain_state WHEN NEW.type = 'machine'
BEGIN
    UPDATE grain_state SET version = version WHERE service = NEW.service AND type = NEW.type AND n0 = NEW.n0 AND n1 = NEW.n1 AND ext = NEW.ext;
END;

CREATE TRIGGER machine_written AFTER UPDATE ON grain_state WHEN NEW.type = 'machine'
BEGIN
    DELETE FROM machine_mac WHERE uuid = substr(NEW.ext, 3);
    DELETE FROM machine WHERE uuid = substr(NEW.ext, 3) AND (NEW.payload IS NULL OR json_type(CAST(NEW.payload AS TEXT), '$.Machine') <> 'object');
    INSERT INTO machine (uuid, name, address, phase, document)
        SELECT state ->> '$.Machine.Uuid', state ->> '$.Machine.Name', state ->> '$.Machine.Address', state ->> '$.Machine.Boot.Phase', state -> '$.Machine'
        FROM machine_state WHERE service = NEW.service AND ext = NEW.ext AND json_type(state, '$.Machine') = 'object'
        ON CONFLICT (uuid) DO UPDATE SET name = excluded.name, address = excluded.address, phase = excluded.phase, document = excluded.document;
    INSERT INTO machine_mac (mac, uuid)
        SELECT mac.value, substr(NEW.ext, 3) FROM machine_state, json_each(state, '$.Machine.HardwareAddrs') AS mac
        WHERE service = NEW.service AND ext = NEW.ext AND json_type(state, '$.Machine') = 'object';
    INSERT INTO job (uuid, machine, started, document)
        SELECT j.value ->> '$.Uuid', j.value ->> '$.Machine', j.value ->> '$.StartTime', j.value
        FROM machine_state, json_each(state, '$.ChangedJobs') AS j WHERE service = NEW.service AND ext = NEW.ext
        ON CONFLICT (uuid) DO UPDATE SET document = excluded.document;
    INSERT INTO event (time, type, action, key, detail)
        SELECT e.value ->> '$.Time', e.value ->> '$.Type', e.value ->> '$.Action', e.value ->> '$.Key', e.value ->> '$.Detail'
        FROM machine_state, json_each(state, '$.Events') AS e WHERE service = NEW.service AND ext = NEW.ext;
END;
