-- Reservations stay rows of document, where silos of the version before read and write them; each write keeps the row here, with the revision
-- of the catalog that holds it, so that they are found by address, token and change without reading all. A damaged document has a row
-- that says so, and harms no other.
-- oldest: 3
CREATE TABLE reservation (
    key      text COLLATE "C" NOT NULL PRIMARY KEY,
    token    text COLLATE "C" NOT NULL,
    subnet   text COLLATE "C" NOT NULL,
    scoped   boolean NOT NULL,
    revision bigint  NOT NULL,
    document jsonb   NOT NULL
);
CREATE INDEX reservation_token ON reservation (token);
CREATE INDEX reservation_subnet ON reservation (subnet) WHERE scoped;
CREATE INDEX reservation_revision ON reservation (revision);
CREATE INDEX reservation_document ON reservation USING gin (document jsonb_path_ops);
CREATE INDEX reservation_address ON reservation (list_address(coalesce(document ->> 'Addr', '') COLLATE "C"), key);
CREATE INDEX reservation_mac_digits ON reservation ((list_mac(coalesce(document ->> 'Token', '') COLLATE "C") COLLATE "C"), key);

-- Keys whose reservation went, for those that follow the changes.
CREATE TABLE reservation_gone (
    key      text COLLATE "C" NOT NULL PRIMARY KEY,
    revision bigint NOT NULL
);
CREATE INDEX reservation_gone_revision ON reservation_gone (revision);

-- As lists ask for it: uuid is what tells rows apart.
CREATE VIEW reservation_list AS SELECT key AS uuid, token, subnet, document FROM reservation;

CREATE FUNCTION reservation_stored(key text, body text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    damage text := 'the stored object is damaged: it is no JSON object';
BEGIN
    IF jsonb_typeof(body::jsonb) = 'object' THEN RETURN body::jsonb; END IF;
    RETURN jsonb_build_object('Addr', key, 'Available', false, 'Errors', jsonb_build_array(damage));
EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
    RETURN jsonb_build_object('Addr', key, 'Available', false, 'Errors', jsonb_build_array('the stored object is damaged: it is no JSON'));
END
$$;

CREATE FUNCTION reservation_project() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    stored jsonb;
    now_at bigint;
BEGIN
    SELECT revision INTO now_at FROM catalog_revision;
    IF TG_OP = 'DELETE' THEN
        DELETE FROM reservation WHERE key = OLD.key;
        INSERT INTO reservation_gone AS g (key, revision) VALUES (OLD.key, now_at) ON CONFLICT (key) DO UPDATE SET revision = excluded.revision;
        RETURN NULL;
    END IF;
    stored := reservation_stored(NEW.key, NEW.body);
    INSERT INTO reservation AS r (key, token, subnet, scoped, revision, document)
        VALUES (NEW.key, coalesce(stored ->> 'Token', ''), coalesce(stored ->> 'Subnet', ''), coalesce(stored -> 'Scoped' = 'true'::jsonb, false), now_at, stored)
        ON CONFLICT (key) DO UPDATE SET token = excluded.token, subnet = excluded.subnet, scoped = excluded.scoped, revision = excluded.revision, document = excluded.document;
    DELETE FROM reservation_gone AS g WHERE g.key = NEW.key;
    RETURN NULL;
END
$$;
CREATE TRIGGER reservation_written AFTER INSERT OR UPDATE ON document FOR EACH ROW WHEN (NEW.prefix = 'reservations') EXECUTE FUNCTION reservation_project();
CREATE TRIGGER reservation_deleted AFTER DELETE ON document FOR EACH ROW WHEN (OLD.prefix = 'reservations') EXECUTE FUNCTION reservation_project();

INSERT INTO reservation (key, token, subnet, scoped, revision, document)
    SELECT s.key, coalesce(s.stored ->> 'Token', ''), coalesce(s.stored ->> 'Subnet', ''), coalesce(s.stored -> 'Scoped' = 'true'::jsonb, false), c.revision, s.stored
    FROM (SELECT d.key, reservation_stored(d.key, d.body) AS stored FROM document AS d WHERE d.prefix = 'reservations') AS s, catalog_revision AS c;
