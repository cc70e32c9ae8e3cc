-- Names of machines are host names, the same in either case. Who came first keeps a name that two machines have already: they may stay, and
-- whoever is renamed next is held to the rule.
CREATE TABLE machine_folded (
    name TEXT NOT NULL PRIMARY KEY,
    uuid TEXT NOT NULL
);
CREATE INDEX machine_folded_uuid ON machine_folded (uuid);
INSERT OR IGNORE INTO machine_folded (name, uuid) SELECT lower(name), uuid FROM machine ORDER BY uuid;

CREATE TRIGGER machine_folded_made AFTER INSERT ON machine
BEGIN
    INSERT INTO machine_folded (name, uuid) VALUES (lower(NEW.name), NEW.uuid);
END;

CREATE TRIGGER machine_folded_moved AFTER UPDATE OF name ON machine WHEN lower(NEW.name) <> lower(OLD.name)
BEGIN
    DELETE FROM machine_folded WHERE uuid = NEW.uuid;
    INSERT INTO machine_folded (name, uuid) VALUES (lower(NEW.name), NEW.uuid);
END;

CREATE TRIGGER machine_folded_gone AFTER DELETE ON machine
BEGIN
    DELETE FROM machine_folded WHERE uuid = OLD.uuid;
END;
