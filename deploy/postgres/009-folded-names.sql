-- Names of machines are host names, the same in either case. Who came first keeps a name that two machines have already: they may stay, and
-- whoever is renamed next is held to the rule. Silos of the version before keep it as well, since the table itself does.
-- oldest: 3
CREATE TABLE machine_folded (
    name text COLLATE "C" NOT NULL CONSTRAINT machine_folded_name PRIMARY KEY,
    uuid text COLLATE "C" NOT NULL
);
CREATE INDEX machine_folded_uuid ON machine_folded (uuid);
LOCK TABLE machine IN SHARE ROW EXCLUSIVE MODE;
INSERT INTO machine_folded (name, uuid) SELECT lower(name), uuid FROM machine ORDER BY uuid ON CONFLICT (name) DO NOTHING;

CREATE FUNCTION machine_fold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND lower(NEW.name) = lower(OLD.name) THEN RETURN NULL; END IF;
    IF TG_OP <> 'INSERT' THEN DELETE FROM machine_folded WHERE uuid = OLD.uuid; END IF;
    IF TG_OP <> 'DELETE' THEN INSERT INTO machine_folded (name, uuid) VALUES (lower(NEW.name), NEW.uuid); END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER machine_folded_kept AFTER INSERT OR UPDATE OR DELETE ON machine FOR EACH ROW EXECUTE FUNCTION machine_fold();
