-- +goose Up
-- What search finds: messages, notes, and conversations by their names and tags. A subject is a record's id times
-- four plus its kind: 0 a message, 1 a note, 2 a conversation's names and tags; in the queue also 3, all of a
-- conversation. A place orders the documents by time.
CREATE TABLE search_documents (
    organization_id bigint   NOT NULL,
    place           bigint   NOT NULL,
    subject         bigint   NOT NULL UNIQUE,
    conversation_id bigint   NOT NULL,
    hash            bigint   NOT NULL,
    words           tsvector NOT NULL,
    PRIMARY KEY (organization_id, place)
);
-- A search reads all that is pending, so that must be little.
CREATE INDEX search_documents_words ON search_documents USING gin (words) WITH (gin_pending_list_limit = 256);

-- Words that documents have or had, for those that are typed in part.
CREATE TABLE search_words (
    organization_id bigint NOT NULL,
    word            text COLLATE "C" NOT NULL,
    PRIMARY KEY (organization_id, word)
);

-- Up to which message everything is indexed, and how many documents there ever were.
CREATE TABLE search_state (
    id         integer PRIMARY KEY CHECK (id = 1),
    message_id bigint  NOT NULL,
    documents  bigint  NOT NULL
);
INSERT INTO search_state SELECT 1, coalesce(max(id), 0), 0 FROM messages;

-- What changed and has to be indexed anew; of a conversation's messages those after a given one. Rows are only
-- added, so that nobody who writes waits for the indexer.
CREATE TABLE search_queue (
    id      bigserial PRIMARY KEY,
    subject bigint NOT NULL,
    after   bigint NOT NULL DEFAULT 0
);
INSERT INTO search_queue (subject) SELECT id * 4 + 3 FROM conversations ORDER BY updated_at DESC, id DESC;

-- +goose StatementBegin
CREATE FUNCTION search_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO search_queue (subject) VALUES (NEW.id * 4 + TG_ARGV[0]::bigint);
    RETURN NULL;
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION search_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM search_documents WHERE subject = OLD.id * 4 + TG_ARGV[0]::bigint;
    RETURN NULL;
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION search_tagged() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO search_queue (subject) VALUES (coalesce(NEW.conversation_id, OLD.conversation_id) * 4 + 3);
    RETURN NULL;
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION search_renamed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO search_queue (subject) SELECT id * 4 + 2 FROM conversations WHERE visitor_id = NEW.id ORDER BY id;
    RETURN NULL;
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION search_left() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM search_words WHERE organization_id = OLD.id;
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- A new message needs none: the indexer reads on from the last.
CREATE TRIGGER search_message AFTER UPDATE OF content, deleted_at ON messages FOR EACH ROW
    WHEN (OLD.content <> NEW.content OR OLD.deleted_at IS DISTINCT FROM NEW.deleted_at) EXECUTE FUNCTION search_changed(0);
CREATE TRIGGER search_message_gone AFTER DELETE ON messages FOR EACH ROW EXECUTE FUNCTION search_gone(0);
CREATE TRIGGER search_note AFTER INSERT OR UPDATE ON notes FOR EACH ROW EXECUTE FUNCTION search_changed(1);
CREATE TRIGGER search_note_gone AFTER DELETE ON notes FOR EACH ROW EXECUTE FUNCTION search_gone(1);
CREATE TRIGGER search_conversation AFTER INSERT ON conversations FOR EACH ROW EXECUTE FUNCTION search_changed(2);
CREATE TRIGGER search_contact AFTER UPDATE OF contact_name, contact_email, contact_phone ON conversations FOR EACH ROW
    WHEN ((OLD.contact_name, OLD.contact_email, OLD.contact_phone)
        IS DISTINCT FROM (NEW.contact_name, NEW.contact_email, NEW.contact_phone)) EXECUTE FUNCTION search_changed(2);
CREATE TRIGGER search_state AFTER UPDATE OF manager_id, status ON conversations FOR EACH ROW
    WHEN (OLD.status <> NEW.status OR OLD.manager_id IS DISTINCT FROM NEW.manager_id) EXECUTE FUNCTION search_changed(3);
CREATE TRIGGER search_conversation_gone AFTER DELETE ON conversations FOR EACH ROW EXECUTE FUNCTION search_gone(2);
CREATE TRIGGER search_tag AFTER INSERT OR UPDATE OR DELETE ON conversation_tags FOR EACH ROW EXECUTE FUNCTION search_tagged();
CREATE TRIGGER search_visitor AFTER UPDATE OF name, email ON visitors FOR EACH ROW
    WHEN (OLD.name IS DISTINCT FROM NEW.name OR OLD.email IS DISTINCT FROM NEW.email) EXECUTE FUNCTION search_renamed();
CREATE TRIGGER search_organization_gone AFTER DELETE ON organizations FOR EACH ROW EXECUTE FUNCTION search_left();
