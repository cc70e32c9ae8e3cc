-- A row of each silo's own, written by its health check: whether it can be written says whether anything can.
CREATE TABLE health (
    silo TEXT NOT NULL PRIMARY KEY,
    at   TEXT NOT NULL
) WITHOUT ROWID;
