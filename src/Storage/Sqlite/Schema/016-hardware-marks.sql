-- Machines by serial number and asset tag: one that boots from a card that nobody knew of is found by them. A damaged document has neither.
CREATE INDEX machine_serial ON machine (
    CASE WHEN json_valid(document) THEN lower(trim(json_extract(document, '$.Params."hardware/system".Serial'))) END);
CREATE INDEX machine_asset ON machine (
    CASE WHEN json_valid(document) THEN lower(trim(json_extract(document, '$.Params."hardware/system".AssetTag'))) END);
CREATE VIEW machine_mark AS
SELECT 'serial' AS kind, uuid,
    CASE WHEN json_valid(document) THEN lower(trim(json_extract(document, '$.Params."hardware/system".Serial'))) END AS mark FROM machine
UNION ALL
SELECT 'asset', uuid,
    CASE WHEN json_valid(document) THEN lower(trim(json_extract(document, '$.Params."hardware/system".AssetTag'))) END FROM machine;
