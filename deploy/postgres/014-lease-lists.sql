-- Leases as lists ask for them: in the order of their addresses, without reading what a page does not show. A damaged one has a row that
-- says so, and harms no other.
-- oldest: 3
CREATE FUNCTION lease_listed(document text) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF jsonb_typeof(document::jsonb) = 'object' THEN RETURN document::jsonb; END IF;
    RETURN '{"State":"INVALID","ExpireTime":"9999-01-01T00:00:00Z","Available":false}'::jsonb;
EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
    RETURN '{"State":"INVALID","ExpireTime":"9999-01-01T00:00:00Z","Available":false}'::jsonb;
END
$$;
CREATE VIEW lease_list AS
SELECT (lpad(to_hex(address), 8, '0') || ' ' || subnet) COLLATE "C" AS uuid, address, lease_listed(document) AS document FROM lease;
