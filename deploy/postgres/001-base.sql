-- Tables of a cluster on PostgreSQL (15 or later). The first part is what Orleans' AdoNet providers need; the rest is Anvil's.
-- oldest: 1
CREATE TABLE OrleansQuery (
    QueryKey  text NOT NULL PRIMARY KEY,
    QueryText text NOT NULL
);

CREATE TABLE membership_version (
    deployment text        NOT NULL PRIMARY KEY,
    version    int         NOT NULL,
    changed    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE membership (
    deployment text        NOT NULL REFERENCES membership_version,
    address    text        NOT NULL,
    port       int         NOT NULL,
    generation int         NOT NULL,
    silo       text        NOT NULL,
    host       text        NOT NULL,
    status     int         NOT NULL,
    proxy_port int         NOT NULL,
    suspects   text,
    started    timestamptz NOT NULL,
    alive      timestamptz NOT NULL,
    PRIMARY KEY (deployment, address, port, generation)
);

CREATE TABLE reminder (
    service text        NOT NULL,
    grain   text        NOT NULL,
    name    text        NOT NULL,
    hash    int         NOT NULL,
    start   timestamptz NOT NULL,
    period  bigint      NOT NULL,
    version int         NOT NULL,
    PRIMARY KEY (service, grain, name)
);
CREATE INDEX reminder_hash ON reminder (service, hash);

CREATE TABLE grain_state (
    service text   NOT NULL,
    type    text   NOT NULL,
    n0      bigint NOT NULL,
    n1      bigint NOT NULL,
    ext     text   NOT NULL,
    payload bytea,
    version int    NOT NULL,
    PRIMARY KEY (service, type, n0, n1, ext)
);

CREATE TABLE machine (
    uuid     text  COLLATE "C" NOT NULL CONSTRAINT machine_uuid PRIMARY KEY,
    name     text  COLLATE "C" NOT NULL CONSTRAINT machine_name UNIQUE,
    document jsonb NOT NULL
);
CREATE INDEX machine_document ON machine USING gin (document jsonb_path_ops);

CREATE TABLE machine_mac (
    mac  text COLLATE "C" NOT NULL CONSTRAINT machine_mac_mac PRIMARY KEY,
    uuid text COLLATE "C" NOT NULL
);
CREATE INDEX machine_mac_uuid ON machine_mac (uuid);

CREATE TABLE job (
    uuid     text  COLLATE "C" NOT NULL PRIMARY KEY,
    machine  text  COLLATE "C" NOT NULL,
    started  timestamptz NOT NULL,
    document jsonb NOT NULL
);
CREATE INDEX job_machine ON job (machine, started);
CREATE INDEX job_started ON job (started, uuid);

CREATE TABLE job_log (
    job   text   COLLATE "C" NOT NULL,
    id    bigint GENERATED ALWAYS AS IDENTITY,
    chunk bytea  NOT NULL,
    PRIMARY KEY (job, id)
);

CREATE TABLE event (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    time   timestamptz NOT NULL,
    type   text NOT NULL,
    action text NOT NULL,
    key    text NOT NULL,
    detail text NOT NULL
);
CREATE INDEX event_key ON event (key, id);
CREATE INDEX event_time ON event USING brin (time);

CREATE TABLE document (
    prefix text COLLATE "C" NOT NULL,
    key    text COLLATE "C" NOT NULL,
    body   text NOT NULL,
    PRIMARY KEY (prefix, key)
);

CREATE TABLE catalog_revision (
    one      int    NOT NULL PRIMARY KEY CHECK (one = 1),
    revision bigint NOT NULL
);
INSERT INTO catalog_revision (one, revision) VALUES (1, 1);

CREATE TABLE subnet_epoch (
    subnet text   NOT NULL PRIMARY KEY,
    epoch  bigint NOT NULL
);

CREATE TABLE lease (
    subnet   text   NOT NULL,
    address  bigint NOT NULL,
    token    text   NOT NULL,
    state    text   NOT NULL,
    expires  timestamptz NOT NULL,
    document text   NOT NULL,
    PRIMARY KEY (subnet, address)
);
CREATE INDEX lease_address ON lease (address);

-- Who held which address from when to when: one row from a lease's ACK to its end, whatever number of renewals.
CREATE TABLE lease_history (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subnet  text   NOT NULL,
    address bigint NOT NULL,
    token   text   NOT NULL,
    since   timestamptz NOT NULL,
    expires timestamptz NOT NULL,
    ended   timestamptz
);
CREATE INDEX lease_history_address ON lease_history (address, since);
CREATE INDEX lease_history_open ON lease_history (subnet, address) WHERE ended IS NULL;

CREATE TABLE timeline (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    time    timestamptz NOT NULL,
    machine text COLLATE "C" NOT NULL,
    mac     text COLLATE "C" NOT NULL,
    source  text NOT NULL,
    what    text NOT NULL,
    outcome text NOT NULL,
    detail  text NOT NULL
);
CREATE INDEX timeline_machine ON timeline (machine, id) WHERE machine <> '';
CREATE INDEX timeline_mac ON timeline (mac, id) WHERE mac <> '';
CREATE INDEX timeline_time ON timeline USING brin (time);
