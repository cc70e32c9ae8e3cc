-- The master key of secure params, where no silo is given one by a file (Silo:SecretKeyFile): made once, by whichever silo comes first.
-- oldest: 3
CREATE TABLE master_key (
    one int   NOT NULL PRIMARY KEY CHECK (one = 1),
    key bytea NOT NULL
);
