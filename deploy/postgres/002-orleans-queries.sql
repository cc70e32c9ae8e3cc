-- The statements that Orleans' AdoNet providers run. Each is one transaction of its own.
-- oldest: 1

-- Membership: every change compares the cluster's version that was read and moves it by one, with the member's row, or does nothing.
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('InsertMembershipVersionKey',
 'WITH made AS (INSERT INTO membership_version (deployment, version) VALUES (@DeploymentId, 0) ON CONFLICT (deployment) DO NOTHING RETURNING 1)
  SELECT count(*) FROM made'),
('MembershipReadAllKey',
 'SELECT m.address AS "Address", m.port AS "Port", m.generation AS "Generation", m.silo AS "SiloName", m.host AS "HostName", m.status AS "Status",
         m.proxy_port AS "ProxyPort", m.suspects AS "SuspectTimes", m.started AS "StartTime", m.alive AS "IAmAliveTime", v.version AS "Version"
  FROM membership_version AS v LEFT JOIN membership AS m ON m.deployment = v.deployment WHERE v.deployment = @DeploymentId'),
('MembershipReadRowKey',
 'SELECT m.address AS "Address", m.port AS "Port", m.generation AS "Generation", m.silo AS "SiloName", m.host AS "HostName", m.status AS "Status",
         m.proxy_port AS "ProxyPort", m.suspects AS "SuspectTimes", m.started AS "StartTime", m.alive AS "IAmAliveTime", v.version AS "Version"
  FROM membership_version AS v
  LEFT JOIN membership AS m ON m.deployment = v.deployment AND m.address = @Address AND m.port = @Port AND m.generation = @Generation
  WHERE v.deployment = @DeploymentId'),
('InsertMembershipKey',
 'WITH moved AS (
    UPDATE membership_version SET version = version + 1, changed = now() WHERE deployment = @DeploymentId AND version = @Version
      AND NOT EXISTS (SELECT 1 FROM membership WHERE deployment = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
    RETURNING deployment),
  added AS (
    INSERT INTO membership (deployment, address, port, generation, silo, host, status, proxy_port, started, alive)
    SELECT deployment, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime FROM moved RETURNING 1)
  SELECT count(*) FROM added'),
('UpdateMembershipKey',
 'WITH moved AS (
    UPDATE membership_version SET version = version + 1, changed = now() WHERE deployment = @DeploymentId AND version = @Version
      AND EXISTS (SELECT 1 FROM membership WHERE deployment = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
    RETURNING deployment),
  written AS (
    UPDATE membership AS m SET status = @Status, suspects = @SuspectTimes, alive = greatest(m.alive, @IAmAliveTime) FROM moved
    WHERE m.deployment = moved.deployment AND m.address = @Address AND m.port = @Port AND m.generation = @Generation RETURNING 1)
  SELECT count(*) FROM written'),
('UpdateIAmAlivetimeKey',
 'UPDATE membership SET alive = @IAmAliveTime WHERE deployment = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation'),
('GatewaysQueryKey',
 'SELECT address AS "Address", proxy_port AS "ProxyPort", generation AS "Generation" FROM membership
  WHERE deployment = @DeploymentId AND status = @Status AND proxy_port > 0'),
('DeleteMembershipTableEntriesKey',
 'DELETE FROM membership WHERE deployment = @DeploymentId; DELETE FROM membership_version WHERE deployment = @DeploymentId'),
('CleanupDefunctSiloEntriesKey',
 'DELETE FROM membership WHERE deployment = @DeploymentId AND status <> 3 AND greatest(started, alive) <= @IAmAliveTime');

-- Persistence. A row that is there already, or whose version moved, yields no row: that is a conflict to the provider.
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('ReadFromStorageKey',
 'SELECT payload AS "PayloadBinary", version AS "Version" FROM grain_state
  WHERE service = @ServiceId AND type = @GrainTypeString AND n0 = @GrainIdN0 AND n1 = @GrainIdN1 AND ext = coalesce(@GrainIdExtensionString, '''')'),
('WriteToStorageKey',
 'SELECT grain_state_write(@ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, coalesce(@GrainIdExtensionString, ''''), @PayloadBinary, @GrainStateVersion) AS "NewGrainStateVersion"'),
('ClearStorageKey',
 'UPDATE grain_state SET payload = NULL, version = version + 1
  WHERE service = @ServiceId AND type = @GrainTypeString AND n0 = @GrainIdN0 AND n1 = @GrainIdN1 AND ext = coalesce(@GrainIdExtensionString, '''')
    AND version = @GrainStateVersion RETURNING version'),
('DeleteStorageKey',
 'DELETE FROM grain_state
  WHERE service = @ServiceId AND type = @GrainTypeString AND n0 = @GrainIdN0 AND n1 = @GrainIdN1 AND ext = coalesce(@GrainIdExtensionString, '''')
    AND version = @GrainStateVersion RETURNING version + 1');

-- NULL, a conflict, when the row is there already (no version given) or its version is another one.
CREATE FUNCTION grain_state_write(in_service text, in_type text, in_n0 bigint, in_n1 bigint, in_ext text, in_payload bytea, in_version int) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
    written int;
BEGIN
    IF in_version IS NULL THEN
        INSERT INTO grain_state (service, type, n0, n1, ext, payload, version) VALUES (in_service, in_type, in_n0, in_n1, in_ext, in_payload, 1)
        ON CONFLICT (service, type, n0, n1, ext) DO NOTHING RETURNING version INTO written;
    ELSE
        UPDATE grain_state SET payload = in_payload, version = version + 1
        WHERE service = in_service AND type = in_type AND n0 = in_n0 AND n1 = in_n1 AND ext = in_ext AND version = in_version
        RETURNING version INTO written;
    END IF;
    RETURN written;
END
$$;

-- Reminders.
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('UpsertReminderRowKey',
 'INSERT INTO reminder AS r (service, grain, name, hash, start, period, version) VALUES (@ServiceId, @GrainId, @ReminderName, @GrainHash, @StartTime, @Period, 1)
  ON CONFLICT (service, grain, name) DO UPDATE SET hash = excluded.hash, start = excluded.start, period = excluded.period, version = r.version + 1
  RETURNING version AS "Version"'),
('ReadReminderRowsKey',
 'SELECT grain AS "GrainId", name AS "ReminderName", start AS "StartTime", period AS "Period", version AS "Version" FROM reminder WHERE service = @ServiceId AND grain = @GrainId'),
('ReadReminderRowKey',
 'SELECT grain AS "GrainId", name AS "ReminderName", start AS "StartTime", period AS "Period", version AS "Version" FROM reminder WHERE service = @ServiceId AND grain = @GrainId AND name = @ReminderName'),
('ReadRangeRows1Key',
 'SELECT grain AS "GrainId", name AS "ReminderName", start AS "StartTime", period AS "Period", version AS "Version" FROM reminder WHERE service = @ServiceId AND hash > @BeginHash AND hash <= @EndHash'),
('ReadRangeRows2Key',
 'SELECT grain AS "GrainId", name AS "ReminderName", start AS "StartTime", period AS "Period", version AS "Version" FROM reminder WHERE service = @ServiceId AND (hash > @BeginHash OR hash <= @EndHash)'),
('DeleteReminderRowKey',
 'WITH gone AS (DELETE FROM reminder WHERE service = @ServiceId AND grain = @GrainId AND name = @ReminderName AND version = @Version RETURNING 1) SELECT count(*) FROM gone'),
('DeleteReminderRowsKey',
 'DELETE FROM reminder WHERE service = @ServiceId');
