-- How long each log is, so that an append does not read all of it; and short pieces that join the log's last row, so that they make none
-- each. The lengths follow whatever writes, also silos of the version before.
-- oldest: 3
CREATE TABLE job_log_length (
    job    text   COLLATE "C" NOT NULL PRIMARY KEY,
    octets bigint NOT NULL
) WITH (fillfactor = 50);

CREATE FUNCTION job_log_grown() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    more bigint := length(NEW.chunk);
BEGIN
    IF TG_OP = 'UPDATE' THEN more := more - length(OLD.chunk); END IF;
    INSERT INTO job_log_length AS l (job, octets) VALUES (NEW.job, more)
        ON CONFLICT (job) DO UPDATE SET octets = l.octets + excluded.octets;
    RETURN NULL;
END
$$;
CREATE TRIGGER job_log_written AFTER INSERT OR UPDATE ON job_log FOR EACH ROW EXECUTE FUNCTION job_log_grown();

CREATE FUNCTION job_log_shrunk() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE job_log_length AS l SET octets = l.octets - g.octets
        FROM (SELECT job, sum(length(chunk)) AS octets FROM gone GROUP BY job) AS g WHERE l.job = g.job;
    DELETE FROM job_log_length AS l USING (SELECT DISTINCT job FROM gone) AS g WHERE l.job = g.job AND l.octets <= 0;
    RETURN NULL;
END
$$;
CREATE TRIGGER job_log_dropped AFTER DELETE ON job_log REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION job_log_shrunk();

-- The triggers have locked the table against writes: nothing comes between.
INSERT INTO job_log_length (job, octets) SELECT job, sum(length(chunk)) FROM job_log GROUP BY job;

-- False: the log would have more than it may. A row that is this short lies in the table itself, where what an update leaves behind is
-- taken again at once.
CREATE FUNCTION job_log_append(log text, piece bytea, most bigint, short int, longest int) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    key  text COLLATE "C" := log;
    last bigint;
BEGIN
    -- By one at a time for a log: however many send at once, it has its end.
    PERFORM pg_advisory_xact_lock(hashtextextended(key, 0));
    IF coalesce((SELECT octets FROM job_log_length WHERE job = key), 0) + length(piece) > most THEN RETURN false; END IF;
    SELECT max(id) INTO last FROM job_log WHERE job = key;
    -- The row before its length: who drops a log locks them in this order.
    UPDATE job_log SET chunk = chunk || piece
        WHERE job = key AND id = last AND length(chunk) < short AND length(chunk) + length(piece) <= longest;
    IF NOT FOUND THEN INSERT INTO job_log (job, chunk) VALUES (key, piece); END IF;
    RETURN true;
END
$$;
