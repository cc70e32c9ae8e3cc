-- A row of each silo's own, written by its health check: whether it can be written says whether anything can.
-- oldest: 3
CREATE TABLE health (
    silo text        COLLATE "C" NOT NULL PRIMARY KEY,
    at   timestamptz NOT NULL
);

-- What was dropped since it was too old or too much: in all, of each machine's timeline, and which jobs' logs.
CREATE TABLE retention (
    what    text        COLLATE "C" NOT NULL PRIMARY KEY,
    trimmed bigint      NOT NULL,
    upto    timestamptz NOT NULL
);

CREATE TABLE timeline_trimmed (
    machine text        COLLATE "C" NOT NULL PRIMARY KEY,
    lines   bigint      NOT NULL,
    upto    timestamptz NOT NULL
);

CREATE TABLE job_log_trimmed (
    job  text COLLATE "C" NOT NULL PRIMARY KEY REFERENCES job (uuid) ON DELETE CASCADE,
    note text NOT NULL
);
