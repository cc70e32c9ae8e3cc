-- Indexes for the filters and orders of lists that are asked for most. Their expressions are those of SqliteListSql.cs, to the letter.
-- The key is part of each index, since the tables have no other row number.
DROP INDEX machine_address;
CREATE INDEX machine_address ON machine (
    CASE WHEN ifnull(document ->> '$.Address', '') GLOB '[0-9]*.*.*.*[0-9]' AND ifnull(document ->> '$.Address', '') NOT GLOB '*[^0-9.]*'
        AND length(ifnull(document ->> '$.Address', '')) <= 15
        AND json_valid('[' || replace(ifnull(document ->> '$.Address', ''), '.', ',') || ']')
        AND json_array_length('[' || replace(ifnull(document ->> '$.Address', ''), '.', ',') || ']') = 4
        AND max((('[' || replace(ifnull(document ->> '$.Address', ''), '.', ',') || ']') ->> 0),
            (('[' || replace(ifnull(document ->> '$.Address', ''), '.', ',') || ']') ->> 1),
            (('[' || replace(ifnull(document ->> '$.Address', ''), '.', ',') || ']') ->> 2),
            (('[' || replace(ifnull(document ->> '$.Address', ''), '.', ',') || ']') ->> 3)) <= 255
        THEN (('[' || replace(ifnull(document ->> '$.Address', ''), '.', ',') || ']') ->> 0) * 16777216
            + (('[' || replace(ifnull(document ->> '$.Address', ''), '.', ',') || ']') ->> 1) * 65536
            + (('[' || replace(ifnull(document ->> '$.Address', ''), '.', ',') || ']') ->> 2) * 256
            + (('[' || replace(ifnull(document ->> '$.Address', ''), '.', ',') || ']') ->> 3)
        ELSE -1 END);
CREATE INDEX machine_stage ON machine (substr(ifnull(document ->> '$.Stage', ''), 1, 128));
CREATE INDEX machine_bootenv ON machine (substr(ifnull(document ->> '$.BootEnv', ''), 1, 128));
CREATE INDEX machine_workflow ON machine (substr(ifnull(document ->> '$.Workflow', ''), 1, 128));
CREATE INDEX machine_phase ON machine (substr(ifnull(document ->> '$.Boot.Phase', ''), 1, 128));
CREATE INDEX machine_runnable ON machine (ifnull(document ->> '$.Runnable', 0));
CREATE INDEX machine_mac_digits ON machine_mac (
    CASE WHEN length(mac) <= 64 AND length(lower(replace(replace(replace(mac, ':', ''), '-', ''), '.', ''))) IN (12, 16, 40)
        AND lower(replace(replace(replace(mac, ':', ''), '-', ''), '.', '')) NOT GLOB '*[^0-9a-f]*'
        THEN lower(replace(replace(replace(mac, ':', ''), '-', ''), '.', '')) ELSE mac END);
CREATE INDEX job_order ON job (
    substr(rtrim(ifnull(document ->> '$.StartTime', '0001-01-01T00:00:00Z'), 'Z')
        || CASE WHEN instr(ifnull(document ->> '$.StartTime', '0001-01-01T00:00:00Z'), '.') = 0 THEN '.' ELSE '' END || '0000000', 1, 27));
