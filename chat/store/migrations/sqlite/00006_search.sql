-- +goose Up
-- What search finds: messages, notes, and conversations by their names and tags. A subject is a record's id times
-- four plus its kind: 0 a message, 1 a note, 2 a conversation's names and tags; in the queue also 3, all of a
-- conversation. A place orders the documents by time.
CREATE TABLE search_documents (
    place           INTEGER PRIMARY KEY,
    subject         INTEGER NOT NULL UNIQUE,
    organization_id INTEGER NOT NULL,
    conversation_id INTEGER NOT NULL,
    hash            INTEGER NOT NULL
);
-- The words come as they are to be compared, divided by spaces: nothing is left for the tokenizer to do.
CREATE VIRTUAL TABLE search_index USING fts5(
    words, content='', contentless_delete=1, detail=none, tokenize="ascii tokenchars '''@._%+-:#'"
);

-- Words that documents have or had, for those that are typed in part.
CREATE TABLE search_words (
    organization_id INTEGER NOT NULL,
    word            TEXT    NOT NULL,
    PRIMARY KEY (organization_id, word)
) WITHOUT ROWID;

-- Up to which message everything is indexed, and how many documents there ever were.
CREATE TABLE search_state (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    message_id INTEGER NOT NULL,
    documents  INTEGER NOT NULL
);
INSERT INTO search_state SELECT 1, coalesce(max(id), 0), 0 FROM messages;

-- What changed and has to be indexed anew; of a conversation's messages those after a given one.
CREATE TABLE search_queue (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    subject INTEGER NOT NULL,
    after   INTEGER NOT NULL DEFAULT 0
);
INSERT INTO search_queue (subject) SELECT id * 4 + 3 FROM conversations ORDER BY updated_at DESC, id DESC;

-- +goose StatementBegin
CREATE TRIGGER search_forgotten AFTER DELETE ON search_documents
BEGIN
    DELETE FROM search_index WHERE rowid = OLD.place;
END;
-- +goose StatementEnd

-- A new message needs none: the indexer reads on from the last.
-- +goose StatementBegin
CREATE TRIGGER search_message AFTER UPDATE OF content, deleted_at ON messages
    WHEN OLD.content <> NEW.content OR OLD.deleted_at IS NOT NEW.deleted_at
BEGIN
    INSERT INTO search_queue (subject) VALUES (NEW.id * 4);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER search_message_gone AFTER DELETE ON messages
BEGIN
    DELETE FROM search_documents WHERE subject = OLD.id * 4 + 0;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER search_note AFTER INSERT ON notes
BEGIN
    INSERT INTO search_queue (subject) VALUES (NEW.id * 4 + 1);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER search_note_changed AFTER UPDATE ON notes
BEGIN
    INSERT INTO search_queue (subject) VALUES (NEW.id * 4 + 1);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER search_note_gone AFTER DELETE ON notes
BEGIN
    DELETE FROM search_documents WHERE subject = OLD.id * 4 + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER search_conversation AFTER INSERT ON conversations
BEGIN
    INSERT INTO search_queue (subject) VALUES (NEW.id * 4 + 2);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER search_contact AFTER UPDATE OF contact_name, contact_email, contact_phone ON conversations
    WHEN OLD.contact_name IS NOT NEW.contact_name OR OLD.contact_email IS NOT NEW.contact_email
        OR OLD.contact_phone IS NOT NEW.contact_phone
BEGIN
    INSERT INTO search_queue (subject) VALUES (NEW.id * 4 + 2);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER search_state AFTER UPDATE OF manager_id, status ON conversations
    WHEN OLD.status <> NEW.status OR OLD.manager_id IS NOT NEW.manager_id
BEGIN
    INSERT INTO search_queue (subject) VALUES (NEW.id * 4 + 3);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER search_conversation_gone AFTER DELETE ON conversations
BEGIN
    DELETE FROM search_documents WHERE subject = OLD.id * 4 + 2;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER search_tag AFTER INSERT ON conversation_tags
BEGIN
    INSERT INTO search_queue (subject) VALUES (NEW.conversation_id * 4 + 3);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER search_tag_changed AFTER UPDATE ON conversation_tags
BEGIN
    INSERT INTO search_queue (subject) VALUES (NEW.conversation_id * 4 + 3);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER search_tag_gone AFTER DELETE ON conversation_tags
BEGIN
    INSERT INTO search_queue (subject) VALUES (OLD.conversation_id * 4 + 3);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER search_visitor AFTER UPDATE OF name, email ON visitors
    WHEN OLD.name IS NOT NEW.name OR OLD.email IS NOT NEW.email
BEGIN
    INSERT INTO search_queue (subject) SELECT id * 4 + 2 FROM conversations WHERE visitor_id = NEW.id ORDER BY id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER search_organization_gone AFTER DELETE ON organizations
BEGIN
    DELETE FROM search_words WHERE organization_id = OLD.id;
END;
-- +goose StatementEnd
