-- +goose Up
-- A search reads what is pending once a step, so that must be as little as can be.
ALTER INDEX search_documents_words SET (gin_pending_list_limit = 64);
