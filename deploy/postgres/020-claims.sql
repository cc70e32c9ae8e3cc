-- Addresses that somebody gave to machines: two machines are never given one, however many write at the same moment. What DHCP
-- gives, and what a machine says of itself, is no claim (the state says what is). Who claims an address takes it from a
-- machine that has another one by now. Silos of the version before claim nothing.
-- oldest: 3
CREATE TABLE machine_claim (
    address text COLLATE "C" NOT NULL CONSTRAINT machine_claim_address PRIMARY KEY,
    uuid    text COLLATE "C" NOT NULL
);
CREATE INDEX machine_claim_uuid ON machine_claim (uuid);

CREATE FUNCTION machine_claim_keep() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    state json;
    claim text COLLATE "C";
    id    text COLLATE "C" := substr(NEW.ext, 3);
BEGIN
    IF NEW.payload IS NOT NULL THEN state := convert_from(NEW.payload, 'UTF8')::json; END IF;
    claim := coalesce(state ->> 'Claim', '');
    IF claim = coalesce(state #>> '{Machine,Address}', '') AND claim <> '' THEN
        IF EXISTS (SELECT 1 FROM machine_claim AS c WHERE c.address = claim AND c.uuid = id) THEN RETURN NULL; END IF;
        DELETE FROM machine_claim AS c WHERE c.uuid = id;
        DELETE FROM machine_claim AS c WHERE c.address = claim AND NOT EXISTS (
            SELECT 1 FROM boot_state AS b WHERE b.uuid = c.uuid AND b.record ->> 'Address' = c.address);
        INSERT INTO machine_claim (address, uuid) VALUES (claim, id);
    ELSE
        DELETE FROM machine_claim AS c WHERE c.uuid = id;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER machine_claimed AFTER INSERT OR UPDATE ON grain_state FOR EACH ROW WHEN (NEW.type = 'machine')
    EXECUTE FUNCTION machine_claim_keep();
