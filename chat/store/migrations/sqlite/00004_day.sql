-- +goose Up
-- Duty: when managers work, how much they take, how their organisation shares the work out.
ALTER TABLE organizations ADD COLUMN time_zone TEXT NOT NULL DEFAULT 'UTC';
ALTER TABLE organizations ADD COLUMN strategy TEXT NOT NULL DEFAULT 'least_loaded'
    CHECK (strategy IN ('least_loaded', 'round_robin', 'broadcast'));
-- NULL: what the settings say. 0: without limit.
ALTER TABLE organizations ADD COLUMN max_conversations INTEGER;
ALTER TABLE organizations ADD COLUMN answer_within_ms INTEGER;
-- Whether visitors were last told that somebody is there.
ALTER TABLE organizations ADD COLUMN online INTEGER NOT NULL DEFAULT 0;

ALTER TABLE managers ADD COLUMN time_zone TEXT NOT NULL DEFAULT '';
ALTER TABLE managers ADD COLUMN max_conversations INTEGER;

CREATE TABLE shifts (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    manager_id INTEGER NOT NULL REFERENCES managers (id) ON DELETE CASCADE,
    weekday    INTEGER NOT NULL CHECK (weekday BETWEEN 0 AND 6),
    starts     INTEGER NOT NULL CHECK (starts BETWEEN 0 AND 1439),
    ends       INTEGER NOT NULL CHECK (ends BETWEEN 1 AND 1440)
);
CREATE INDEX shifts_manager ON shifts (manager_id);

CREATE TABLE holidays (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    day             TEXT    NOT NULL,
    name            TEXT    NOT NULL DEFAULT '',
    UNIQUE (organization_id, day)
);

CREATE TABLE leaves (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    manager_id INTEGER NOT NULL REFERENCES managers (id) ON DELETE CASCADE,
    starts_at  INTEGER NOT NULL,
    ends_at    INTEGER NOT NULL,
    reason     TEXT    NOT NULL DEFAULT ''
);
CREATE INDEX leaves_manager ON leaves (manager_id, ends_at);

-- The life of a conversation. One that is open and has no manager waits.
ALTER TABLE conversations ADD COLUMN waiting_since INTEGER;
ALTER TABLE conversations ADD COLUMN unattended INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN answer_by INTEGER;
ALTER TABLE conversations ADD COLUMN answered_at INTEGER;
ALTER TABLE conversations ADD COLUMN rating INTEGER;
ALTER TABLE conversations ADD COLUMN rating_text TEXT;
ALTER TABLE conversations ADD COLUMN rated_at INTEGER;
-- What a visitor who left a message said of how to be reached; nobody has checked it.
ALTER TABLE conversations ADD COLUMN contact_name TEXT;
ALTER TABLE conversations ADD COLUMN contact_email TEXT;
ALTER TABLE conversations ADD COLUMN contact_phone TEXT;
CREATE INDEX conversations_waiting ON conversations (organization_id, waiting_since, id)
    WHERE status = 'open' AND manager_id IS NULL;
CREATE INDEX conversations_answer_by ON conversations (answer_by) WHERE answer_by IS NOT NULL;

CREATE TABLE transitions (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id INTEGER NOT NULL,
    conversation_id INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    visitor_id      TEXT    NOT NULL,
    action          TEXT    NOT NULL,
    from_state      TEXT    NOT NULL,
    to_state        TEXT    NOT NULL,
    from_manager_id INTEGER,
    manager_id      INTEGER,
    actor_type      TEXT    NOT NULL,
    actor_id        TEXT    NOT NULL DEFAULT '',
    note            TEXT    NOT NULL DEFAULT '',
    decision        TEXT,
    created_at      INTEGER NOT NULL
);
CREATE INDEX transitions_conversation ON transitions (conversation_id, id);
CREATE INDEX transitions_organization ON transitions (organization_id, created_at, id);

CREATE TABLE notes (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id INTEGER NOT NULL,
    conversation_id INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    visitor_id      TEXT    NOT NULL,
    manager_id      INTEGER,
    manager_name    TEXT    NOT NULL,
    content         TEXT    NOT NULL,
    created_at      INTEGER NOT NULL
);
CREATE INDEX notes_conversation ON notes (conversation_id, id);

CREATE TABLE conversation_tags (
    conversation_id INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    tag             TEXT    NOT NULL,
    organization_id INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, tag)
) WITHOUT ROWID;
CREATE INDEX conversation_tags_organization ON conversation_tags (organization_id, tag);

CREATE TABLE canned_replies (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    -- NULL: everybody's of the organisation.
    manager_id      INTEGER REFERENCES managers (id) ON DELETE CASCADE,
    shortcut        TEXT    NOT NULL,
    content         TEXT    NOT NULL,
    created_at      INTEGER NOT NULL
);
CREATE UNIQUE INDEX canned_replies_shortcut ON canned_replies (organization_id, coalesce(manager_id, 0), shortcut);

ALTER TABLE messages ADD COLUMN edited_at INTEGER;
ALTER TABLE messages ADD COLUMN deleted_at INTEGER;
CREATE TABLE message_versions (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id  INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    content     TEXT    NOT NULL,
    actor_type  TEXT    NOT NULL,
    actor_id    TEXT    NOT NULL DEFAULT '',
    replaced_at INTEGER NOT NULL
);
CREATE INDEX message_versions_message ON message_versions (message_id, id);
-- What the other side has not read yet, for marking up to a message.
CREATE INDEX messages_unread ON messages (visitor_id, id) WHERE read_at IS NULL;
