-- +goose Up
-- Ids are given out before they are committed, so they do not tell what was there when. Positions do: the relay gives
-- them to what it has handed on. What was handed on before keeps its id for one.
ALTER TABLE events ADD COLUMN position INTEGER;
UPDATE events SET position = id WHERE relayed_at IS NOT NULL;
CREATE UNIQUE INDEX events_position ON events (organization_id, position) WHERE position IS NOT NULL;
CREATE INDEX events_visitor_position ON events (visitor_id, position) WHERE position IS NOT NULL;

-- The newest position ever given, and up to which events may have been deleted.
CREATE TABLE event_positions (
    name     TEXT PRIMARY KEY CHECK (name IN ('newest', 'forgotten')),
    position INTEGER NOT NULL
);
INSERT INTO event_positions SELECT 'newest', coalesce(max(id), 0) FROM events;
INSERT INTO event_positions SELECT 'forgotten', coalesce(min(id) - 1, 0) FROM events;
