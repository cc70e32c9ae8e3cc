-- The triggers that keep the query tables find a machine's state by its key: without this, each write looks at every machine.
CREATE INDEX grain_state_machine ON grain_state (service, ext) WHERE type = 'machine';
