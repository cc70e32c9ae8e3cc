-- A row of each silo's own, written by its health check: whether it can be written says whether anything can.
-- oldest: 3
CREATE TABLE health (
    silo text        COLLATE "C" NOT NULL PRIMARY KEY,
    at   timestamptz NOT NULL
);
