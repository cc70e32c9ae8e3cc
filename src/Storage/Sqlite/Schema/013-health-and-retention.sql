-- A row of each silo's own, written by its health check: whether it can be written says whether anything can.
CREATE TABLE health (
    silo TEXT NOT NULL PRIMARY KEY,
    at   TEXT NOT NULL
) WITHOUT ROWID;

-- What was dropped since it was too old or too much: in all, and of each machine's timeline.
CREATE TABLE retention (
    what    TEXT    NOT NULL PRIMARY KEY,
    trimmed INTEGER NOT NULL,
    upto    TEXT    NOT NULL
) WITHOUT ROWID;

CREATE TABLE timeline_trimmed (
    machine TEXT    NOT NULL PRIMARY KEY,
    lines   INTEGER NOT NULL,
    upto    INTEGER NOT NULL
) WITHOUT ROWID;
