-- +goose Up
CREATE TABLE notifications (
    id              bigserial PRIMARY KEY,
    organization_id bigint NOT NULL REFERENCES organizations ON DELETE CASCADE,
    visitor_id      text   NOT NULL REFERENCES visitors ON DELETE CASCADE,
    data            text   NOT NULL,
    created_at      bigint NOT NULL
);
CREATE INDEX notifications_visitor ON notifications (visitor_id, id);

CREATE TABLE api_keys (
    id              bigserial PRIMARY KEY,
    organization_id bigint NOT NULL REFERENCES organizations ON DELETE CASCADE,
    name            text   NOT NULL,
    key_hash        text   NOT NULL,
    created_at      bigint NOT NULL
);
CREATE INDEX api_keys_organization ON api_keys (organization_id);

CREATE TABLE duty_sessions (
    session_id text   PRIMARY KEY,
    manager_id bigint NOT NULL REFERENCES managers ON DELETE CASCADE,
    node       text   NOT NULL,
    since      bigint NOT NULL
);
CREATE INDEX duty_sessions_manager ON duty_sessions (manager_id);

CREATE TABLE login_sessions (
    token_hash text   PRIMARY KEY,
    manager_id bigint NOT NULL REFERENCES managers ON DELETE CASCADE,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL
);
CREATE INDEX login_sessions_expiry ON login_sessions (expires_at);
