-- An InfiniBand address of 20 octets is its port's GUID, the last 8 of them. Machines and reservations are read so; what they are found by
-- follows. Where two machines have one GUID, the first is found by it.
INSERT OR IGNORE INTO machine_mac (mac, uuid) SELECT substr(mac, 37), uuid FROM machine_mac WHERE length(mac) = 59;
DELETE FROM machine_mac WHERE length(mac) = 59;
UPDATE reservation SET token = substr(token, 37),
    document = CASE WHEN json_valid(document) THEN json_set(document, '$.Token', substr(token, 37)) ELSE document END
    WHERE length(token) = 59 AND substr(token, 13, 24) = 'fe:80:00:00:00:00:00:00:';
