-- Machines whose registration is doubted: of those that nobody has approved of, only a part may be such.
CREATE INDEX machine_doubt ON machine (uuid) WHERE ifnull(document ->> '$.Boot.Doubt', '') <> '';

CREATE VIEW machine_doubtful AS SELECT uuid FROM machine WHERE ifnull(document ->> '$.Boot.Doubt', '') <> '';
