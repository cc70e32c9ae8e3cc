-- Who held which address from when to when: one row from a lease's ACK to its end, whatever number of renewals. Times are Unix milliseconds.
CREATE TABLE lease_history (
    id      INTEGER PRIMARY KEY,
    subnet  TEXT    NOT NULL,
    address INTEGER NOT NULL,
    token   TEXT    NOT NULL,
    since   INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    ended   INTEGER
);
CREATE INDEX lease_history_address ON lease_history (address, since);

CREATE VIEW clock AS SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER) AS now;

CREATE TRIGGER lease_made AFTER INSERT ON lease WHEN NEW.document ->> '$.State' = 'ACK'
BEGIN
    INSERT INTO lease_history (subnet, address, token, since, expires)
        SELECT NEW.subnet, NEW.address, NEW.document ->> '$.Token', now, CAST(unixepoch(NEW.document ->> '$.ExpireTime', 'subsec') * 1000 AS INTEGER) FROM clock;
END;

CREATE TRIGGER lease_renewed AFTER UPDATE ON lease
WHEN OLD.document ->> '$.State' = 'ACK' AND NEW.document ->> '$.State' = 'ACK' AND OLD.document ->> '$.Token' = NEW.document ->> '$.Token'
    AND unixepoch(OLD.document ->> '$.ExpireTime') >= unixepoch()
BEGIN
    UPDATE lease_history SET expires = CAST(unixepoch(NEW.document ->> '$.ExpireTime', 'subsec') * 1000 AS INTEGER)
    WHERE subnet = NEW.subnet AND address = NEW.address AND ended IS NULL;
END;

CREATE TRIGGER lease_changed AFTER UPDATE ON lease
WHEN NOT (OLD.document ->> '$.State' = 'ACK' AND NEW.document ->> '$.State' = 'ACK' AND OLD.document ->> '$.Token' = NEW.document ->> '$.Token'
    AND unixepoch(OLD.document ->> '$.ExpireTime') >= unixepoch())
BEGIN
    UPDATE lease_history SET ended = min(expires, (SELECT now FROM clock)) WHERE subnet = NEW.subnet AND address = NEW.address AND ended IS NULL;
    INSERT INTO lease_history (subnet, address, token, since, expires)
        SELECT NEW.subnet, NEW.address, NEW.document ->> '$.Token', now, CAST(unixepoch(NEW.document ->> '$.ExpireTime', 'subsec') * 1000 AS INTEGER) FROM clock
        WHERE NEW.document ->> '$.State' = 'ACK';
END;

CREATE TRIGGER lease_deleted AFTER DELETE ON lease
BEGIN
    UPDATE lease_history SET ended = min(expires, (SELECT now FROM clock)) WHERE subnet = OLD.subnet AND address = OLD.address AND ended IS NULL;
END;
