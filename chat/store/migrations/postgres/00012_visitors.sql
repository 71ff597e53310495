-- +goose Up
-- Who visitors are: what their site's own backend signs of them.
CREATE TABLE site_secrets (
    id              bigserial PRIMARY KEY,
    organization_id bigint NOT NULL REFERENCES organizations ON DELETE CASCADE,
    name            text   NOT NULL,
    -- As it is: what others sign with it is to be checked.
    secret          text   NOT NULL,
    created_at      bigint NOT NULL
);
CREATE INDEX site_secrets_organization ON site_secrets (organization_id);

-- A JSON object; empty: none.
ALTER TABLE visitors ADD COLUMN attributes text NOT NULL DEFAULT '';
-- Since when it is known who the visitor is; signed_at is when the latest of that was signed.
ALTER TABLE visitors ADD COLUMN identified_at bigint;
ALTER TABLE visitors ADD COLUMN signed_at bigint NOT NULL DEFAULT 0;
-- Tokens that were signed before this second hold no more.
ALTER TABLE visitors ADD COLUMN tokens_valid_from bigint NOT NULL DEFAULT 0;
-- The visitor who has all that was this one's.
ALTER TABLE visitors ADD COLUMN merged_into text;

CREATE TRIGGER search_merged AFTER UPDATE OF visitor_id ON conversations FOR EACH ROW
    WHEN (OLD.visitor_id <> NEW.visitor_id) EXECUTE FUNCTION search_changed(2);
