-- Leases as lists ask for them: in the order of their addresses, without reading what a page does not show. A damaged one has a row that
-- says so, and harms no other.
CREATE INDEX lease_address ON lease (address);
CREATE VIEW lease_list AS
SELECT printf('%08x', address) || ' ' || subnet AS uuid, address,
    CASE WHEN json_valid(document) AND json_type(document) = 'object' THEN document
        ELSE json_object('State', 'INVALID', 'ExpireTime', '9999-01-01T00:00:00Z', 'Available', json('false')) END AS document
FROM lease;
