-- Readers of the catalog ask for what changed since the revision that they have. A writer moves the revision first, and these triggers stamp what
-- it writes after that, whichever version it is; what it deletes is remembered until 10,000 revisions later (floor: readers from before it read
-- everything). Who did it is a field of every event.
-- oldest: 3
ALTER TABLE catalog_revision ADD COLUMN floor bigint NOT NULL DEFAULT 0;
UPDATE catalog_revision SET floor = revision;

ALTER TABLE document ADD COLUMN revision bigint NOT NULL DEFAULT 0;
UPDATE document SET revision = (SELECT revision FROM catalog_revision);
CREATE INDEX document_revision ON document (revision);

CREATE TABLE document_gone (
    prefix   text COLLATE "C" NOT NULL,
    key      text COLLATE "C" NOT NULL,
    revision bigint NOT NULL,
    PRIMARY KEY (prefix, key)
);
CREATE INDEX document_gone_revision ON document_gone (revision);

CREATE FUNCTION document_stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.revision := (SELECT revision FROM catalog_revision);
    DELETE FROM document_gone WHERE prefix = NEW.prefix AND key = NEW.key;
    RETURN NEW;
END
$$;
CREATE TRIGGER document_written BEFORE INSERT OR UPDATE ON document FOR EACH ROW EXECUTE FUNCTION document_stamp();

CREATE FUNCTION document_remember() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO document_gone (prefix, key, revision) SELECT OLD.prefix, OLD.key, revision FROM catalog_revision
        ON CONFLICT (prefix, key) DO UPDATE SET revision = excluded.revision;
    UPDATE catalog_revision SET floor = revision - 10000 WHERE floor < revision - 10000;
    DELETE FROM document_gone WHERE revision <= (SELECT floor FROM catalog_revision);
    RETURN NULL;
END
$$;
CREATE TRIGGER document_deleted AFTER DELETE ON document FOR EACH ROW EXECUTE FUNCTION document_remember();

ALTER TABLE event ADD COLUMN principal text NOT NULL DEFAULT '';

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
    INSERT INTO event (time, type, action, key, detail, principal)
        SELECT (e ->> 'Time')::timestamptz, e ->> 'Type', e ->> 'Action', e ->> 'Key', e ->> 'Detail', coalesce(e ->> 'Principal', '')
        FROM jsonb_array_elements(coalesce(state -> 'Events', '[]')) AS e;
    RETURN NULL;
END
$$;
