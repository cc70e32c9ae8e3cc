-- Machines whose registration is doubted: of those that nobody has approved of, only a part may be such.
-- oldest: 3
CREATE INDEX machine_doubt ON machine (uuid) WHERE coalesce(document -> 'Boot' ->> 'Doubt', '') <> '';

CREATE VIEW machine_doubtful AS SELECT uuid FROM machine WHERE coalesce(document -> 'Boot' ->> 'Doubt', '') <> '';
