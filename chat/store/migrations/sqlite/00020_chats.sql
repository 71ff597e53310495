-- Conversations that end when nothing happens in them, each type in its time; and all of an organisation's in the order
-- in which they began.
-- +goose Up
DROP INDEX conversations_open;
CREATE INDEX conversations_open ON conversations (updated_at) WHERE status = 'open' AND chat_type = '';
CREATE INDEX conversations_beside ON conversations (chat_type, updated_at) WHERE status = 'open' AND chat_type <> '';
CREATE INDEX conversations_created ON conversations (organization_id, created_at, id);
