-- +goose Up
CREATE TABLE notifications (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    visitor_id      TEXT   NOT NULL REFERENCES visitors (id) ON DELETE CASCADE,
    data            TEXT   NOT NULL,
    created_at      INTEGER NOT NULL
);
CREATE INDEX notifications_visitor ON notifications (visitor_id, id);

CREATE TABLE api_keys (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name            TEXT   NOT NULL,
    key_hash        TEXT   NOT NULL,
    created_at      INTEGER NOT NULL
);
CREATE INDEX api_keys_organization ON api_keys (organization_id);

CREATE TABLE duty_sessions (
    session_id TEXT   PRIMARY KEY,
    manager_id INTEGER NOT NULL REFERENCES managers (id) ON DELETE CASCADE,
    node       TEXT   NOT NULL,
    since      INTEGER NOT NULL
);
CREATE INDEX duty_sessions_manager ON duty_sessions (manager_id);

CREATE TABLE login_sessions (
    token_hash TEXT   PRIMARY KEY,
    manager_id INTEGER NOT NULL REFERENCES managers (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
);
CREATE INDEX login_sessions_expiry ON login_sessions (expires_at);
