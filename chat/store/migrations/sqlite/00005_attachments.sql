-- +goose Up
CREATE TABLE attachments (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid            TEXT    NOT NULL UNIQUE,
    organization_id INTEGER NOT NULL,
    conversation_id INTEGER NOT NULL,
    message_id      INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    visitor_id      TEXT    NOT NULL,
    name            TEXT    NOT NULL,
    content_type    TEXT    NOT NULL,
    size            INTEGER NOT NULL,
    width           INTEGER NOT NULL DEFAULT 0,
    height          INTEGER NOT NULL DEFAULT 0,
    blob_key        TEXT    NOT NULL UNIQUE,
    thumb_key       TEXT    UNIQUE,
    created_at      INTEGER NOT NULL
);
CREATE INDEX attachments_message ON attachments (message_id);

-- How many attachments a message has, so that reading messages without any asks for none.
ALTER TABLE messages ADD COLUMN attached INTEGER NOT NULL DEFAULT 0;

-- Files that are to be removed, once due_at has come: of messages that are gone, and of uploads that have not
-- become a message by then.
CREATE TABLE blob_removals (
    key    TEXT    PRIMARY KEY,
    due_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX blob_removals_due ON blob_removals (due_at);

-- However an attachment goes, with its message, its conversation or its organisation, its files follow.
-- +goose StatementBegin
CREATE TRIGGER attachments_removed AFTER DELETE ON attachments
BEGIN
    INSERT OR REPLACE INTO blob_removals (key, due_at) VALUES (OLD.blob_key, 0);
    INSERT OR REPLACE INTO blob_removals (key, due_at) SELECT OLD.thumb_key, 0 WHERE OLD.thumb_key IS NOT NULL;
END;
-- +goose StatementEnd
