-- Readers of the catalog ask for what changed since the revision that they have. A writer moves the revision first, and these triggers stamp what
-- it writes after that; what it deletes is remembered until 10,000 revisions later (floor: readers from before it read everything).
ALTER TABLE catalog_revision ADD COLUMN floor INTEGER NOT NULL DEFAULT 0;
UPDATE catalog_revision SET floor = revision;

ALTER TABLE document ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
UPDATE document SET revision = (SELECT revision FROM catalog_revision);
CREATE INDEX document_revision ON document (revision);

CREATE TABLE document_gone (
    prefix   TEXT    NOT NULL,
    key      TEXT    NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (prefix, key)
) WITHOUT ROWID;
CREATE INDEX document_gone_revision ON document_gone (revision);

CREATE TRIGGER document_made AFTER INSERT ON document
BEGIN
    UPDATE document SET revision = (SELECT revision FROM catalog_revision) WHERE prefix = NEW.prefix AND key = NEW.key;
    DELETE FROM document_gone WHERE prefix = NEW.prefix AND key = NEW.key;
END;

CREATE TRIGGER document_changed AFTER UPDATE OF body ON document
BEGIN
    UPDATE document SET revision = (SELECT revision FROM catalog_revision) WHERE prefix = NEW.prefix AND key = NEW.key;
END;

CREATE TRIGGER document_deleted AFTER DELETE ON document
BEGIN
    INSERT INTO document_gone (prefix, key, revision) SELECT OLD.prefix, OLD.key, revision FROM catalog_revision
        WHERE true ON CONFLICT (prefix, key) DO UPDATE SET revision = excluded.revision;
    UPDATE catalog_revision SET floor = max(floor, revision - 10000);
    DELETE FROM document_gone WHERE revision <= (SELECT floor FROM catalog_revision);
END;

-- Who did it is a field of every event.
ALTER TABLE event ADD COLUMN principal TEXT NOT NULL DEFAULT '';

DROP TRIGGER machine_written;
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
    INSERT INTO event (time, type, action, key, detail, principal)
        SELECT e.value ->> '$.Time', e.value ->> '$.Type', e.value ->> '$.Action', e.value ->> '$.Key', e.value ->> '$.Detail', ifnull(e.value ->> '$.Principal', '')
        FROM machine_state, json_each(state, '$.Events') AS e WHERE service = NEW.service AND ext = NEW.ext;
END;
