-- The statements that Orleans' AdoNet providers run: persistence.
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('ReadFromStorageKey',
 'SELECT payload AS PayloadBinary, version AS Version FROM grain_state
  WHERE service = @ServiceId AND type = @GrainTypeString AND n0 = @GrainIdN0 AND n1 = @GrainIdN1 AND ext = IFNULL(@GrainIdExtensionString, '''')'),
('WriteToStorageKey',
 'INSERT INTO grain_state (service, type, n0, n1, ext, payload, version)
  SELECT @ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, IFNULL(@GrainIdExtensionString, ''''), @PayloadBinary, 1 WHERE @GrainStateVersion IS NULL
  ON CONFLICT (service, type, n0, n1, ext) DO NOTHING RETURNING version AS NewGrainStateVersion;
  UPDATE grain_state SET payload = @PayloadBinary, version = version + 1
  WHERE service = @ServiceId AND type = @GrainTypeString AND n0 = @GrainIdN0 AND n1 = @GrainIdN1 AND ext = IFNULL(@GrainIdExtensionString, '''')
    AND version = @GrainStateVersion RETURNING version AS NewGrainStateVersion'),
('ClearStorageKey',
 'UPDATE grain_state SET payload = NULL, version = version + 1
  WHERE service = @ServiceId AND type = @GrainTypeString AND n0 = @GrainIdN0 AND n1 = @GrainIdN1 AND ext = IFNULL(@GrainIdExtensionString, '''')
    AND version = @GrainStateVersion RETURNING version AS NewGrainStateVersion'),
('DeleteStorageKey',
 'DELETE FROM grain_state
  WHERE service = @ServiceId AND type = @GrainTypeString AND n0 = @GrainIdN0 AND n1 = @GrainIdN1 AND ext = IFNULL(@GrainIdExtensionString, '''')
    AND version = @GrainStateVersion RETURNING version + 1');

-- Reminders.
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('UpsertReminderRowKey',
 'INSERT INTO reminder (service, grain, name, hash, start, period, version) VALUES (@ServiceId, @GrainId, @ReminderName, @GrainHash, @StartTime, @Period, 1)
  ON CONFLICT (service, grain, name) DO UPDATE SET hash = excluded.hash, start = excluded.start, period = excluded.period, version = version + 1
  RETURNING version AS Version'),
('ReadReminderRowsKey',
 'SELECT grain AS GrainId, name AS ReminderName, start AS StartTime, period AS Period, version AS Version FROM reminder WHERE service = @ServiceId AND grain = @GrainId'),
('ReadReminderRowKey',
 'SELECT grain AS GrainId, name AS ReminderName, start AS StartTime, period AS Period, version AS Version FROM reminder WHERE service = @ServiceId AND grain = @GrainId AND name = @ReminderName'),
('ReadRangeRows1Key',
 'SELECT grain AS GrainId, name AS ReminderName, start AS StartTime, period AS Period, version AS Version FROM reminder WHERE service = @ServiceId AND hash > @BeginHash AND hash <= @EndHash'),
('ReadRangeRows2Key',
 'SELECT grain AS GrainId, name AS ReminderName, start AS StartTime, period AS Period, version AS Version FROM reminder WHERE service = @ServiceId AND (hash > @BeginHash OR hash <= @EndHash)'),
('DeleteReminderRowKey',
 'DELETE FROM reminder WHERE service = @ServiceId AND grain = @GrainId AND name = @ReminderName AND version = @Version; SELECT changes() > 0'),
('DeleteReminderRowsKey',
 'DELETE FROM reminder WHERE service = @ServiceId');
