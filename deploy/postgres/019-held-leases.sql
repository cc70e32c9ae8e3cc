-- Leases by who holds them: a registration names its cards, and none that has a lease is its own to name.
-- oldest: 3
CREATE INDEX lease_holder ON lease (token) WHERE state = 'ACK';
CREATE VIEW lease_held AS SELECT subnet, address, document, token FROM lease WHERE state = 'ACK';

-- Machines that registered themselves, by the subnet in which they did: none takes the room of all.
CREATE INDEX machine_origin ON machine ((coalesce(document -> 'Boot' ->> 'RegisteredIn', '')))
    WHERE document -> 'Boot' ->> 'Admission' IN ('open', 'pending');
CREATE VIEW machine_admitted AS
SELECT uuid, coalesce(document -> 'Boot' ->> 'RegisteredIn', '') AS subnet, coalesce(document -> 'Boot' ->> 'Doubt', '') <> '' AS doubted
FROM machine WHERE document -> 'Boot' ->> 'Admission' IN ('open', 'pending');
