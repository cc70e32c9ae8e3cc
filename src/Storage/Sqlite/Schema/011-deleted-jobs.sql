-- A machine's state holds its last job. Who deletes that job from the table deletes it: the next job, which says of the last one that it is
-- no longer the current one, does not bring it back. (A row that is new is written twice, with one version.)
DROP TRIGGER machine_written;
CREATE TRIGGER machine_written AFTER UPDATE ON grain_state WHEN NEW.type = 'machine'
BEGIN
    DELETE FROM machine_mac WHERE uuid = substr(NEW.ext, 3);
    DELETE FROM machine WHERE uuid = substr(NEW.ext, 3)
        AND (NEW.payload IS NULL OR json_type(CAST(NEW.payload AS TEXT), '$.Machine') <> 'object');
    DELETE FROM boot_state WHERE uuid = substr(NEW.ext, 3) AND NOT EXISTS (SELECT 1 FROM machine WHERE uuid = substr(NEW.ext, 3));
    INSERT INTO machine (uuid, name, address, phase, document)
        SELECT state ->> '$.Machine.Uuid', state ->> '$.Machine.Name', ifnull(state ->> '$.Machine.Address', ''),
            ifnull(state ->> '$.Machine.Boot.Phase', ''), state -> '$.Machine'
        FROM machine_state WHERE service = NEW.service AND ext = NEW.ext AND json_type(state, '$.Machine') = 'object'
        ON CONFLICT (uuid) DO UPDATE SET name = excluded.name, address = excluded.address,
            phase = excluded.phase, document = excluded.document;
    INSERT INTO boot_state (uuid, version, record)
        SELECT substr(NEW.ext, 3), NEW.version, json_object(
            'Address', ifnull(state ->> '$.Machine.Address', ''), 'Boot', json(ifnull(state -> '$.Machine.Boot', '{}')),
            'BootId', state ->> '$.BootId', 'Revision', ifnull(state ->> '$.Revision', 0))
        FROM machine_state WHERE service = NEW.service AND ext = NEW.ext AND json_type(state, '$.Machine') = 'object'
        ON CONFLICT (uuid) DO UPDATE SET version = excluded.version, record = excluded.record;
    INSERT INTO machine_mac (mac, uuid)
        SELECT mac.value, substr(NEW.ext, 3) FROM machine_state, json_each(state, '$.Machine.HardwareAddrs') AS mac
        WHERE service = NEW.service AND ext = NEW.ext AND json_type(state, '$.Machine') = 'object';
    INSERT INTO job (uuid, machine, started, document)
        SELECT j.value ->> '$.Uuid', j.value ->> '$.Machine', j.value ->> '$.StartTime', j.value
        FROM machine_state, json_each(state, '$.ChangedJobs') AS j WHERE service = NEW.service AND ext = NEW.ext
            AND (OLD.version = NEW.version OR j.value ->> '$.Uuid' IS NOT CAST(OLD.payload AS TEXT) ->> '$.Job.Uuid'
                OR EXISTS (SELECT 1 FROM job AS kept WHERE kept.uuid = j.value ->> '$.Uuid'))
        ON CONFLICT (uuid) DO UPDATE SET document = excluded.document;
    INSERT INTO event (time, type, action, key, detail, principal)
        SELECT e.value ->> '$.Time', e.value ->> '$.Type', e.value ->> '$.Action', e.value ->> '$.Key', e.value ->> '$.Detail',
            ifnull(e.value ->> '$.Principal', '')
        FROM machine_state, json_each(state, '$.Events') AS e WHERE service = NEW.service AND ext = NEW.ext;
END;
