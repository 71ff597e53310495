-- +goose Up
-- Whose ids lead to a visitor: who is erased or exported goes with them.
CREATE INDEX visitors_merged ON visitors (organization_id, merged_into) WHERE merged_into IS NOT NULL;
