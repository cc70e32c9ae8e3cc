-- Readers of the event stream go on where they were. Numbers are given before transactions end, so a reader that went by them alone
-- could pass over one that ends late: it goes by transaction, and only as far as all have ended.
-- oldest: 3
ALTER TABLE event ADD COLUMN transaction bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint;
CREATE INDEX event_stream ON event (transaction, id);
