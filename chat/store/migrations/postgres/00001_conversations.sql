-- Times are Unix milliseconds. Ids of messages and events count up; a conversation's is random.
-- +goose Up
CREATE TABLE organizations (
    id              bigserial PRIMARY KEY,
    uuid            uuid    NOT NULL UNIQUE,
    name            text    NOT NULL,
    site_key        text    NOT NULL UNIQUE,
    offline_message text    NOT NULL DEFAULT '',
    created_at      bigint  NOT NULL
);

CREATE TABLE managers (
    id               bigserial PRIMARY KEY,
    uuid             uuid    NOT NULL UNIQUE,
    organization_id  bigint  NOT NULL REFERENCES organizations ON DELETE CASCADE,
    name             text    NOT NULL,
    email            text    NOT NULL,
    password_hash    text    NOT NULL,
    role             text    NOT NULL CHECK (role IN ('manager', 'supervisor', 'admin')),
    avatar_url       text,
    duty_state       text    NOT NULL DEFAULT 'auto' CHECK (duty_state IN ('auto', 'on', 'paused', 'off')),
    seen_at          bigint,
    last_assigned_at bigint,
    created_at       bigint  NOT NULL,
    deleted_at       bigint
);
CREATE UNIQUE INDEX managers_email ON managers (email) WHERE deleted_at IS NULL;
CREATE INDEX managers_organization ON managers (organization_id);

CREATE TABLE visitors (
    id              text    PRIMARY KEY,
    uuid            uuid    NOT NULL UNIQUE,
    organization_id bigint  NOT NULL REFERENCES organizations ON DELETE CASCADE,
    name            text,
    email           text,
    created_at      bigint  NOT NULL
);
CREATE INDEX visitors_organization ON visitors (organization_id);

CREATE TABLE conversations (
    id              bigint  PRIMARY KEY CHECK (id BETWEEN 1 AND 9007199254740991),
    uuid            uuid    NOT NULL UNIQUE,
    organization_id bigint  NOT NULL REFERENCES organizations ON DELETE CASCADE,
    visitor_id      text    NOT NULL REFERENCES visitors ON DELETE CASCADE,
    manager_id      bigint  REFERENCES managers ON DELETE CASCADE,
    status          text    NOT NULL CHECK (status IN ('open', 'closed')),
    last_message_id bigint,
    event_seq       bigint  NOT NULL DEFAULT 0,
    unread_visitor  integer NOT NULL DEFAULT 0 CHECK (unread_visitor >= 0),
    unread_manager  integer NOT NULL DEFAULT 0 CHECK (unread_manager >= 0),
    created_at      bigint  NOT NULL,
    updated_at      bigint  NOT NULL,
    closed_at       bigint
);
CREATE UNIQUE INDEX conversations_one_open ON conversations (visitor_id) WHERE status = 'open';
CREATE INDEX conversations_visitor ON conversations (visitor_id, created_at);
CREATE INDEX conversations_manager ON conversations (manager_id, status, updated_at, id);
CREATE INDEX conversations_organization ON conversations (organization_id, status, updated_at, id);
CREATE INDEX conversations_open ON conversations (updated_at) WHERE status = 'open';

CREATE TABLE messages (
    id                bigserial PRIMARY KEY,
    uuid              uuid   NOT NULL,
    organization_id   bigint NOT NULL,
    conversation_id   bigint NOT NULL REFERENCES conversations ON DELETE CASCADE,
    visitor_id        text   NOT NULL,
    sender_type       text   NOT NULL CHECK (sender_type IN ('visitor', 'manager')),
    manager_id        bigint,
    sender_name       text,
    content           text   NOT NULL,
    client_message_id text,
    read_at           bigint,
    created_at        bigint NOT NULL
);
CREATE INDEX messages_conversation ON messages (conversation_id);
CREATE INDEX messages_visitor ON messages (visitor_id, id);
CREATE UNIQUE INDEX messages_client_id ON messages (visitor_id, coalesce(manager_id, 0), client_message_id)
    WHERE client_message_id IS NOT NULL;

CREATE TABLE events (
    id               bigserial PRIMARY KEY,
    organization_id  bigint NOT NULL,
    visitor_id       text   NOT NULL,
    conversation_id  bigint,
    conversation_seq bigint,
    kind             text   NOT NULL,
    action           text   NOT NULL,
    payload          text   NOT NULL,
    created_at       bigint NOT NULL,
    relayed_at       bigint
);
CREATE INDEX events_pending ON events (id) WHERE relayed_at IS NULL;
CREATE UNIQUE INDEX events_sequence ON events (conversation_id, conversation_seq) WHERE conversation_id IS NOT NULL;
