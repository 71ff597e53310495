-- +goose Up
-- Documents have words for the windows of time that they lie in, too: all are indexed anew, in the background.
UPDATE search_documents SET hash = 0;
INSERT INTO search_queue (subject) SELECT id * 4 + 3 FROM conversations ORDER BY updated_at DESC, id DESC;
