-- Times are Unix milliseconds. Ids of messages and events count up; a conversation's is random.
-- +goose Up
CREATE TABLE organizations (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid            TEXT    NOT NULL UNIQUE,
    name            TEXT    NOT NULL,
    site_key        TEXT    NOT NULL UNIQUE,
    offline_message TEXT    NOT NULL DEFAULT '',
    created_at      INTEGER NOT NULL
);

CREATE TABLE managers (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid             TEXT    NOT NULL UNIQUE,
    organization_id  INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name             TEXT    NOT NULL,
    email            TEXT    NOT NULL,
    password_hash    TEXT    NOT NULL,
    role             TEXT    NOT NULL CHECK (role IN ('manager', 'supervisor', 'admin')),
    avatar_url       TEXT,
    duty_state       TEXT    NOT NULL DEFAULT 'auto' CHECK (duty_state IN ('auto', 'on', 'paused', 'off')),
    seen_at          INTEGER,
    last_assigned_at INTEGER,
    created_at       INTEGER NOT NULL,
    deleted_at       INTEGER
);
CREATE UNIQUE INDEX managers_email ON managers (email) WHERE deleted_at IS NULL;
CREATE INDEX managers_organization ON managers (organization_id);

CREATE TABLE visitors (
    id              TEXT    PRIMARY KEY,
    uuid            TEXT    NOT NULL UNIQUE,
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name            TEXT,
    email           TEXT,
    created_at      INTEGER NOT NULL
);
CREATE INDEX visitors_organization ON visitors (organization_id);

CREATE TABLE conversations (
    id              INTEGER PRIMARY KEY CHECK (id BETWEEN 1 AND 9007199254740991),
    uuid            TEXT    NOT NULL UNIQUE,
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    visitor_id      TEXT    NOT NULL REFERENCES visitors (id) ON DELETE CASCADE,
    manager_id      INTEGER REFERENCES managers (id) ON DELETE CASCADE,
    status          TEXT    NOT NULL CHECK (status IN ('open', 'closed')),
    last_message_id INTEGER,
    event_seq       INTEGER NOT NULL DEFAULT 0,
    unread_visitor  INTEGER NOT NULL DEFAULT 0 CHECK (unread_visitor >= 0),
    unread_manager  INTEGER NOT NULL DEFAULT 0 CHECK (unread_manager >= 0),
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    closed_at       INTEGER
);
CREATE UNIQUE INDEX conversations_one_open ON conversations (visitor_id) WHERE status = 'open';
CREATE INDEX conversations_visitor ON conversations (visitor_id, created_at);
CREATE INDEX conversations_manager ON conversations (manager_id, status, updated_at, id);
CREATE INDEX conversations_organization ON conversations (organization_id, status, updated_at, id);
CREATE INDEX conversations_open ON conversations (updated_at) WHERE status = 'open';

CREATE TABLE messages (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid              TEXT   NOT NULL,
    organization_id   INTEGER NOT NULL,
    conversation_id   INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    visitor_id        TEXT   NOT NULL,
    sender_type       TEXT   NOT NULL CHECK (sender_type IN ('visitor', 'manager')),
    manager_id        INTEGER,
    sender_name       TEXT,
    content           TEXT   NOT NULL,
    client_message_id TEXT,
    read_at           INTEGER,
    created_at        INTEGER NOT NULL
);
CREATE INDEX messages_conversation ON messages (conversation_id);
CREATE INDEX messages_visitor ON messages (visitor_id, id);
CREATE UNIQUE INDEX messages_client_id ON messages (visitor_id, coalesce(manager_id, 0), client_message_id)
    WHERE client_message_id IS NOT NULL;

CREATE TABLE events (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id  INTEGER NOT NULL,
    visitor_id       TEXT   NOT NULL,
    conversation_id  INTEGER,
    conversation_seq INTEGER,
    kind             TEXT   NOT NULL,
    action           TEXT   NOT NULL,
    payload          TEXT   NOT NULL,
    created_at       INTEGER NOT NULL,
    relayed_at       INTEGER
);
CREATE INDEX events_pending ON events (id) WHERE relayed_at IS NULL;
CREATE UNIQUE INDEX events_sequence ON events (conversation_id, conversation_seq) WHERE conversation_id IS NOT NULL;
