-- +goose Up
CREATE TABLE attachments (
    id              bigserial PRIMARY KEY,
    uuid            text    NOT NULL UNIQUE,
    organization_id bigint  NOT NULL,
    conversation_id bigint  NOT NULL,
    message_id      bigint  NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    visitor_id      text    NOT NULL,
    name            text    NOT NULL,
    content_type    text    NOT NULL,
    size            bigint  NOT NULL,
    width           integer NOT NULL DEFAULT 0,
    height          integer NOT NULL DEFAULT 0,
    blob_key        text    NOT NULL UNIQUE,
    thumb_key       text    UNIQUE,
    created_at      bigint  NOT NULL
);
CREATE INDEX attachments_message ON attachments (message_id);

-- How many attachments a message has, so that reading messages without any asks for none.
ALTER TABLE messages ADD COLUMN attached integer NOT NULL DEFAULT 0;

-- Files that are to be removed, once due_at has come: of messages that are gone, and of uploads that have not
-- become a message by then.
CREATE TABLE blob_removals (
    key    text   PRIMARY KEY,
    due_at bigint NOT NULL
);
CREATE INDEX blob_removals_due ON blob_removals (due_at);

-- However an attachment goes, with its message, its conversation or its organisation, its files follow.
-- +goose StatementBegin
CREATE FUNCTION attachments_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO blob_removals (key, due_at)
        SELECT key, 0 FROM (VALUES (OLD.blob_key), (OLD.thumb_key)) AS files (key) WHERE key IS NOT NULL
        ON CONFLICT (key) DO UPDATE SET due_at = 0;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER attachments_removed AFTER DELETE ON attachments
    FOR EACH ROW EXECUTE FUNCTION attachments_removed();
