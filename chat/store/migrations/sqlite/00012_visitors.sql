-- +goose Up
-- Who visitors are: what their site's own backend signs of them.
CREATE TABLE site_secrets (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name            TEXT    NOT NULL,
    -- As it is: what others sign with it is to be checked.
    secret          TEXT    NOT NULL,
    created_at      INTEGER NOT NULL
);
CREATE INDEX site_secrets_organization ON site_secrets (organization_id);

-- A JSON object; empty: none.
ALTER TABLE visitors ADD COLUMN attributes TEXT NOT NULL DEFAULT '';
-- Since when it is known who the visitor is; signed_at is when the latest of that was signed.
ALTER TABLE visitors ADD COLUMN identified_at INTEGER;
ALTER TABLE visitors ADD COLUMN signed_at INTEGER NOT NULL DEFAULT 0;
-- Tokens that were signed before this second hold no more.
ALTER TABLE visitors ADD COLUMN tokens_valid_from INTEGER NOT NULL DEFAULT 0;
-- The visitor who has all that was this one's.
ALTER TABLE visitors ADD COLUMN merged_into TEXT;

-- +goose StatementBegin
CREATE TRIGGER search_merged AFTER UPDATE OF visitor_id ON conversations
    WHEN OLD.visitor_id <> NEW.visitor_id
BEGIN
    INSERT INTO search_queue (subject) VALUES (NEW.id * 4 + 2);
END;
-- +goose StatementEnd
