-- Machines by serial number and asset tag: one that boots from a card that nobody knew of is found by them. Of no more than an index takes.
-- oldest: 3
CREATE INDEX machine_serial ON machine (left(lower(trim(document -> 'Params' -> 'hardware/system' ->> 'Serial')), 256));
CREATE INDEX machine_asset ON machine (left(lower(trim(document -> 'Params' -> 'hardware/system' ->> 'AssetTag')), 256));
CREATE VIEW machine_mark AS
SELECT 'serial' AS kind, uuid, left(lower(trim(document -> 'Params' -> 'hardware/system' ->> 'Serial')), 256) AS mark FROM machine
UNION ALL
SELECT 'asset', uuid, left(lower(trim(document -> 'Params' -> 'hardware/system' ->> 'AssetTag')), 256) FROM machine;
