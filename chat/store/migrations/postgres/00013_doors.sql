-- +goose Up
-- A set of bits; keys of before have all, those to come included.
ALTER TABLE api_keys ADD COLUMN scopes bigint NOT NULL DEFAULT -1;
ALTER TABLE api_keys ADD COLUMN last_used_at bigint;

-- Notifications of before count as read: nobody could say so then.
ALTER TABLE notifications ADD COLUMN client_notification_id text;
ALTER TABLE notifications ADD COLUMN read_at bigint;
UPDATE notifications SET read_at = created_at;
CREATE UNIQUE INDEX notifications_client ON notifications (visitor_id, client_notification_id)
    WHERE client_notification_id IS NOT NULL;
CREATE INDEX notifications_unread ON notifications (visitor_id, id) WHERE read_at IS NULL;

-- The secret itself is kept: signatures of this kind cannot be checked without it. The hash finds it.
CREATE TABLE private_pubs (
    organization_id bigint PRIMARY KEY REFERENCES organizations ON DELETE CASCADE,
    secret          text   NOT NULL,
    secret_hash     text   NOT NULL,
    created_at      bigint NOT NULL
);
CREATE INDEX private_pubs_hash ON private_pubs (secret_hash);
