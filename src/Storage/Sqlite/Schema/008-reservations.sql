-- Reservations stay rows of document, where silos of the version before read and write them; each write keeps the row here, with the revision
-- of the catalog that holds it, so that they are found by address, token and change without reading all. A damaged document has a row
-- that says so, and harms no other.
CREATE TABLE reservation (
    key      TEXT    NOT NULL PRIMARY KEY,
    token    TEXT    NOT NULL,
    subnet   TEXT    NOT NULL,
    scoped   INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    document TEXT    NOT NULL
) WITHOUT ROWID;
CREATE INDEX reservation_token ON reservation (token);
CREATE INDEX reservation_subnet ON reservation (subnet) WHERE scoped = 1;
CREATE INDEX reservation_revision ON reservation (revision);
CREATE INDEX reservation_address ON reservation (
    CASE WHEN ifnull(document ->> '$.Addr', '') GLOB '[0-9]*.*.*.*[0-9]' AND ifnull(document ->> '$.Addr', '') NOT GLOB '*[^0-9.]*'
        AND length(ifnull(document ->> '$.Addr', '')) <= 15
        AND json_valid('[' || replace(ifnull(document ->> '$.Addr', ''), '.', ',') || ']')
        AND json_array_length('[' || replace(ifnull(document ->> '$.Addr', ''), '.', ',') || ']') = 4
        AND max((('[' || replace(ifnull(document ->> '$.Addr', ''), '.', ',') || ']') ->> 0),
            (('[' || replace(ifnull(document ->> '$.Addr', ''), '.', ',') || ']') ->> 1),
            (('[' || replace(ifnull(document ->> '$.Addr', ''), '.', ',') || ']') ->> 2),
            (('[' || replace(ifnull(document ->> '$.Addr', ''), '.', ',') || ']') ->> 3)) <= 255
        THEN (('[' || replace(ifnull(document ->> '$.Addr', ''), '.', ',') || ']') ->> 0) * 16777216
            + (('[' || replace(ifnull(document ->> '$.Addr', ''), '.', ',') || ']') ->> 1) * 65536
            + (('[' || replace(ifnull(document ->> '$.Addr', ''), '.', ',') || ']') ->> 2) * 256
            + (('[' || replace(ifnull(document ->> '$.Addr', ''), '.', ',') || ']') ->> 3)
        ELSE -1 END);
CREATE INDEX reservation_mac_digits ON reservation (
    CASE WHEN length(ifnull(document ->> '$.Token', '')) <= 64 AND length(lower(replace(replace(replace(ifnull(document ->> '$.Token', ''), ':', ''), '-', ''), '.', ''))) IN (12, 16, 40)
        AND lower(replace(replace(replace(ifnull(document ->> '$.Token', ''), ':', ''), '-', ''), '.', '')) NOT GLOB '*[^0-9a-f]*'
        THEN lower(replace(replace(replace(ifnull(document ->> '$.Token', ''), ':', ''), '-', ''), '.', '')) ELSE ifnull(document ->> '$.Token', '') END);

-- Keys whose reservation went, for those that follow the changes.
CREATE TABLE reservation_gone (
    key      TEXT    NOT NULL PRIMARY KEY,
    revision INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX reservation_gone_revision ON reservation_gone (revision);

-- As lists ask for it: uuid is what tells rows apart.
CREATE VIEW reservation_list AS SELECT key AS uuid, token, subnet, document FROM reservation;

CREATE VIEW reservation_stored AS
SELECT key, CASE
    WHEN NOT json_valid(body) THEN json_object('Addr', key, 'Available', json('false'), 'Errors', json_array('the stored object is damaged: it is no JSON'))
    WHEN json_type(body) <> 'object' THEN json_object('Addr', key, 'Available', json('false'), 'Errors', json_array('the stored object is damaged: it is no JSON object'))
    ELSE body END AS body
FROM document WHERE prefix = 'reservations';

CREATE TRIGGER reservation_inserted AFTER INSERT ON document WHEN NEW.prefix = 'reservations'
BEGIN
    INSERT INTO reservation (key, token, subnet, scoped, revision, document)
        SELECT s.key, ifnull(s.body ->> '$.Token', ''), ifnull(s.body ->> '$.Subnet', ''), (s.body ->> '$.Scoped') IS 1, c.revision, s.body
        FROM reservation_stored AS s, catalog_revision AS c WHERE s.key = NEW.key
        ON CONFLICT (key) DO UPDATE SET token = excluded.token, subnet = excluded.subnet, scoped = excluded.scoped, revision = excluded.revision, document = excluded.document;
    DELETE FROM reservation_gone WHERE key = NEW.key;
END;

CREATE TRIGGER reservation_updated AFTER UPDATE OF body ON document WHEN NEW.prefix = 'reservations'
BEGIN
    INSERT INTO reservation (key, token, subnet, scoped, revision, document)
        SELECT s.key, ifnull(s.body ->> '$.Token', ''), ifnull(s.body ->> '$.Subnet', ''), (s.body ->> '$.Scoped') IS 1, c.revision, s.body
        FROM reservation_stored AS s, catalog_revision AS c WHERE s.key = NEW.key
        ON CONFLICT (key) DO UPDATE SET token = excluded.token, subnet = excluded.subnet, scoped = excluded.scoped, revision = excluded.revision, document = excluded.document;
END;

CREATE TRIGGER reservation_deleted AFTER DELETE ON document WHEN OLD.prefix = 'reservations'
BEGIN
    DELETE FROM reservation WHERE key = OLD.key;
    INSERT INTO reservation_gone (key, revision) SELECT OLD.key, revision FROM catalog_revision WHERE true
        ON CONFLICT (key) DO UPDATE SET revision = excluded.revision;
END;

INSERT INTO reservation (key, token, subnet, scoped, revision, document)
    SELECT s.key, ifnull(s.body ->> '$.Token', ''), ifnull(s.body ->> '$.Subnet', ''), (s.body ->> '$.Scoped') IS 1, c.revision, s.body
    FROM reservation_stored AS s, catalog_revision AS c;
