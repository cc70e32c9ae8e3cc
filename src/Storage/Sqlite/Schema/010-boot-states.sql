-- What of a machine moves while it boots has a row of its own, so that no sighting writes the machine's document. One number (version)
-- counts the writes of both: a row of grain_state says of which version its document is, the row here of which version the machine
-- is. A write of either goes by the latter; while the two differ the record here is the newer one, and whoever reads the state finds it in its place.
CREATE TABLE boot_state (
    uuid    TEXT    NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    record  TEXT    NOT NULL,
    phase   TEXT    GENERATED ALWAYS AS (substr(ifnull(record ->> '$.Boot.Phase', ''), 1, 128)) VIRTUAL,
    address INTEGER GENERATED ALWAYS AS (
        CASE WHEN ifnull(record ->> '$.Address', '') GLOB '[0-9]*.*.*.*[0-9]' AND ifnull(record ->> '$.Address', '') NOT GLOB '*[^0-9.]*'
            AND length(ifnull(record ->> '$.Address', '')) <= 15
            AND json_valid('[' || replace(ifnull(record ->> '$.Address', ''), '.', ',') || ']')
            AND json_array_length('[' || replace(ifnull(record ->> '$.Address', ''), '.', ',') || ']') = 4
            AND max((('[' || replace(ifnull(record ->> '$.Address', ''), '.', ',') || ']') ->> 0),
                (('[' || replace(ifnull(record ->> '$.Address', ''), '.', ',') || ']') ->> 1),
                (('[' || replace(ifnull(record ->> '$.Address', ''), '.', ',') || ']') ->> 2),
                (('[' || replace(ifnull(record ->> '$.Address', ''), '.', ',') || ']') ->> 3)) <= 255
            THEN (('[' || replace(ifnull(record ->> '$.Address', ''), '.', ',') || ']') ->> 0) * 16777216
                + (('[' || replace(ifnull(record ->> '$.Address', ''), '.', ',') || ']') ->> 1) * 65536
                + (('[' || replace(ifnull(record ->> '$.Address', ''), '.', ',') || ']') ->> 2) * 256
                + (('[' || replace(ifnull(record ->> '$.Address', ''), '.', ',') || ']') ->> 3)
            ELSE -1 END) VIRTUAL
) WITHOUT ROWID;
INSERT INTO boot_state (uuid, version, record)
    SELECT m.uuid, g.version,
        json_object('Address', ifnull(m.document ->> '$.Address', ''), 'Boot', json(ifnull(m.document -> '$.Boot', '{}')))
    FROM machine AS m JOIN grain_state AS g ON g.type = 'machine' AND g.n0 = 0 AND g.n1 = 0 AND g.ext = 'm-' || m.uuid;
CREATE INDEX boot_state_phase ON boot_state (phase);
CREATE INDEX boot_state_address ON boot_state (address);
DROP INDEX machine_phase;
DROP INDEX machine_address;

-- Machines as they are: what is in the record counts, not what the document says of it.
CREATE VIEW machine_now AS
SELECT m.uuid, m.name, m.document, b.record, b.phase, b.address FROM machine AS m JOIN boot_state AS b ON b.uuid = m.uuid;

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
        ON CONFLICT (uuid) DO UPDATE SET document = excluded.document;
    INSERT INTO event (time, type, action, key, detail, principal)
        SELECT e.value ->> '$.Time', e.value ->> '$.Type', e.value ->> '$.Action', e.value ->> '$.Key', e.value ->> '$.Detail',
            ifnull(e.value ->> '$.Principal', '')
        FROM machine_state, json_each(state, '$.Events') AS e WHERE service = NEW.service AND ext = NEW.ext;
END;

-- The state with the record in its place, and the machine's version.
UPDATE OrleansQuery SET QueryText =
 'SELECT CASE WHEN b.version > g.version AND json_type(CAST(g.payload AS TEXT), ''$.Machine'') = ''object''
    THEN CAST(json_set(CAST(g.payload AS TEXT), ''$.Machine.Address'', b.record ->> ''$.Address'',
        ''$.Machine.Boot'', json(b.record -> ''$.Boot''),
         ''$.BootId'', b.record ->> ''$.BootId'', ''$.Revision'', b.record ->> ''$.Revision'') AS BLOB) ELSE g.payload END AS PayloadBinary,
    ifnull(b.version, g.version) AS Version
  FROM grain_state AS g LEFT JOIN boot_state AS b ON g.type = ''machine'' AND b.uuid = substr(g.ext, 3)
  WHERE g.service = @ServiceId AND g.type = @GrainTypeString AND g.n0 = @GrainIdN0 AND g.n1 = @GrainIdN1
    AND g.ext = IFNULL(@GrainIdExtensionString, '''')'
WHERE QueryKey = 'ReadFromStorageKey';
UPDATE OrleansQuery SET QueryText =
 'INSERT INTO grain_state (service, type, n0, n1, ext, payload, version)
  SELECT @ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, IFNULL(@GrainIdExtensionString, ''''), @PayloadBinary, 1
  WHERE @GrainStateVersion IS NULL
  ON CONFLICT (service, type, n0, n1, ext) DO NOTHING RETURNING version AS NewGrainStateVersion;
  UPDATE grain_state SET payload = @PayloadBinary, version = @GrainStateVersion + 1
  WHERE service = @ServiceId AND type = @GrainTypeString AND n0 = @GrainIdN0 AND n1 = @GrainIdN1
    AND ext = IFNULL(@GrainIdExtensionString, '''')
    AND @GrainStateVersion = ifnull((SELECT b.version FROM boot_state AS b
        WHERE grain_state.type = ''machine'' AND b.uuid = substr(grain_state.ext, 3)), version)
  RETURNING version AS NewGrainStateVersion'
WHERE QueryKey = 'WriteToStorageKey';
