-- States of grains are read and written by statements of the program's own, which stay prepared (SqliteGrainStorage.cs); of Orleans' AdoNet
-- providers the one for reminders is left.
DELETE FROM OrleansQuery WHERE QueryKey IN ('ReadFromStorageKey', 'WriteToStorageKey', 'ClearStorageKey', 'DeleteStorageKey');
