-- Leases by who holds them: a registration names its cards, and none that has a lease is its own to name.
CREATE INDEX lease_holder ON lease (
    CASE WHEN json_valid(document) AND document ->> '$.State' = 'ACK' THEN document ->> '$.Token' END)
    WHERE CASE WHEN json_valid(document) AND document ->> '$.State' = 'ACK' THEN document ->> '$.Token' END IS NOT NULL;
CREATE VIEW lease_held AS
SELECT subnet, address, document,
    CASE WHEN json_valid(document) AND document ->> '$.State' = 'ACK' THEN document ->> '$.Token' END AS token
FROM lease
WHERE CASE WHEN json_valid(document) AND document ->> '$.State' = 'ACK' THEN document ->> '$.Token' END IS NOT NULL;

-- Machines that registered themselves, by the subnet in which they did: none takes the room of all.
CREATE INDEX machine_origin ON machine (ifnull(document ->> '$.Boot.RegisteredIn', ''))
    WHERE document ->> '$.Boot.Admission' IN ('open', 'pending');
CREATE VIEW machine_admitted AS
SELECT uuid, ifnull(document ->> '$.Boot.RegisteredIn', '') AS subnet, ifnull(document ->> '$.Boot.Doubt', '') <> '' AS doubted
FROM machine WHERE document ->> '$.Boot.Admission' IN ('open', 'pending');
