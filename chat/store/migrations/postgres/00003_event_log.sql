-- +goose Up
-- Subscribers ask for the events of a channel after one that they know.
CREATE INDEX events_conversation ON events (conversation_id, id) WHERE conversation_id IS NOT NULL;
CREATE INDEX events_visitor ON events (visitor_id, kind, id);
