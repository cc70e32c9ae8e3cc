-- Tables of a silo alone. The first part is what Orleans' AdoNet providers need; the rest is Anvil's.
CREATE TABLE OrleansQuery (
    QueryKey  TEXT NOT NULL PRIMARY KEY,
    QueryText TEXT NOT NULL
);

CREATE TABLE grain_state (
    service TEXT    NOT NULL,
    type    TEXT    NOT NULL,
    n0      INTEGER NOT NULL,
    n1      INTEGER NOT NULL,
    ext     TEXT    NOT NULL,
    payload BLOB,
    version INTEGER NOT NULL,
    PRIMARY KEY (service, type, n0, n1, ext)
) WITHOUT ROWID;

CREATE TABLE reminder (
    service TEXT    NOT NULL,
    grain   TEXT    NOT NULL,
    name    TEXT    NOT NULL,
    hash    INTEGER NOT NULL,
    start   TEXT    NOT NULL,
    period  INTEGER NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (service, grain, name)
) WITHOUT ROWID;
CREATE INDEX reminder_hash ON reminder (service, hash);

CREATE TABLE machine (
    uuid     TEXT NOT NULL PRIMARY KEY,
    name     TEXT NOT NULL UNIQUE,
    address  TEXT NOT NULL,
    phase    TEXT NOT NULL,
    document TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX machine_address ON machine (address) WHERE address <> '';

CREATE TABLE machine_mac (
    mac  TEXT NOT NULL PRIMARY KEY,
    uuid TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX machine_mac_uuid ON machine_mac (uuid);

CREATE TABLE job (
    uuid     TEXT    NOT NULL PRIMARY KEY,
    machine  TEXT    NOT NULL,
    started  TEXT    NOT NULL,
    document TEXT    NOT NULL
) WITHOUT ROWID;
CREATE INDEX job_machine ON job (machine, started);

CREATE TABLE event (
    id     INTEGER PRIMARY KEY,
    time   TEXT NOT NULL,
    type   TEXT NOT NULL,
    action TEXT NOT NULL,
    key    TEXT NOT NULL,
    detail TEXT NOT NULL
);

CREATE TABLE document (
    prefix TEXT NOT NULL,
    key    TEXT NOT NULL,
    body   TEXT NOT NULL,
    PRIMARY KEY (prefix, key)
) WITHOUT ROWID;

CREATE TABLE catalog_revision (
    one      INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    revision INTEGER NOT NULL
);
INSERT INTO catalog_revision (one, revision) VALUES (1, 1);

CREATE TABLE subnet_epoch (
    subnet TEXT    NOT NULL PRIMARY KEY,
    epoch  INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE lease (
    subnet   TEXT    NOT NULL,
    address  INTEGER NOT NULL,
    document TEXT    NOT NULL,
    PRIMARY KEY (subnet, address)
) WITHOUT ROWID;

CREATE TABLE timeline (
    id      INTEGER PRIMARY KEY,
    time    INTEGER NOT NULL,
    machine TEXT NOT NULL,
    mac     TEXT NOT NULL,
    source  TEXT NOT NULL,
    what    TEXT NOT NULL,
    outcome TEXT NOT NULL,
    detail  TEXT NOT NULL
);
CREATE INDEX timeline_machine ON timeline (machine, id) WHERE machine <> '';
CREATE INDEX timeline_mac ON timeline (mac, id) WHERE mac <> '';
CREATE INDEX timeline_time ON timeline (time);
