-- Managers' clients tell that their manager is there, and it is told once when one has expired.
-- +goose Up
ALTER TABLE user_clients ADD COLUMN live INTEGER NOT NULL DEFAULT 1;
DROP INDEX user_clients_expiry;
CREATE INDEX user_clients_live ON user_clients (manager_id) WHERE live;
CREATE INDEX user_clients_expiry ON user_clients (expires_at) WHERE live;
CREATE INDEX user_clients_age ON user_clients (expires_at) WHERE NOT live;
CREATE INDEX user_clients_organization ON user_clients (organization_id) WHERE live;
