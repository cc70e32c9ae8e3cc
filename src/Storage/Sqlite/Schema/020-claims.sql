-- Addresses that somebody gave to machines: two machines are never given one, however many write at the same moment. What DHCP
-- gives, and what a machine says of itself, is no claim (the state says what is). Who claims an address takes it from a
-- machine that has another one by now.
CREATE TABLE machine_claim (
    address TEXT NOT NULL PRIMARY KEY,
    uuid    TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX machine_claim_uuid ON machine_claim (uuid);

CREATE TRIGGER machine_claimed AFTER UPDATE ON grain_state WHEN NEW.type = 'machine'
BEGIN
    DELETE FROM machine_claim WHERE uuid = substr(NEW.ext, 3);
    DELETE FROM machine_claim WHERE address = CAST(NEW.payload AS TEXT) ->> '$.Claim' AND NOT EXISTS (
        SELECT 1 FROM boot_state AS b WHERE b.uuid = machine_claim.uuid AND b.record ->> '$.Address' = machine_claim.address);
    INSERT INTO machine_claim (address, uuid)
        SELECT state ->> '$.Claim', substr(NEW.ext, 3) FROM machine_state WHERE service = NEW.service AND ext = NEW.ext
            AND state ->> '$.Claim' <> '' AND state ->> '$.Claim' = state ->> '$.Machine.Address';
END;
