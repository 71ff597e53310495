-- +goose Up
-- Duty: when managers work, how much they take, how their organisation shares the work out.
ALTER TABLE organizations ADD COLUMN time_zone text NOT NULL DEFAULT 'UTC';
ALTER TABLE organizations ADD COLUMN strategy text NOT NULL DEFAULT 'least_loaded'
    CHECK (strategy IN ('least_loaded', 'round_robin', 'broadcast'));
-- NULL: what the settings say. 0: without limit.
ALTER TABLE organizations ADD COLUMN max_conversations integer;
ALTER TABLE organizations ADD COLUMN answer_within_ms bigint;
-- Whether visitors were last told that somebody is there.
ALTER TABLE organizations ADD COLUMN online boolean NOT NULL DEFAULT false;

ALTER TABLE managers ADD COLUMN time_zone text NOT NULL DEFAULT '';
ALTER TABLE managers ADD COLUMN max_conversations integer;

CREATE TABLE shifts (
    id         bigserial PRIMARY KEY,
    manager_id bigint NOT NULL REFERENCES managers (id) ON DELETE CASCADE,
    weekday    integer NOT NULL CHECK (weekday BETWEEN 0 AND 6),
    starts     integer NOT NULL CHECK (starts BETWEEN 0 AND 1439),
    ends       integer NOT NULL CHECK (ends BETWEEN 1 AND 1440)
);
CREATE INDEX shifts_manager ON shifts (manager_id);

CREATE TABLE holidays (
    id              bigserial PRIMARY KEY,
    organization_id bigint NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    day             text    NOT NULL,
    name            text    NOT NULL DEFAULT '',
    UNIQUE (organization_id, day)
);

CREATE TABLE leaves (
    id         bigserial PRIMARY KEY,
    manager_id bigint NOT NULL REFERENCES managers (id) ON DELETE CASCADE,
    starts_at  bigint NOT NULL,
    ends_at    bigint NOT NULL,
    reason     text    NOT NULL DEFAULT ''
);
CREATE INDEX leaves_manager ON leaves (manager_id, ends_at);

-- The life of a conversation. One that is open and has no manager waits.
ALTER TABLE conversations ADD COLUMN waiting_since bigint;
ALTER TABLE conversations ADD COLUMN unattended boolean NOT NULL DEFAULT false;
ALTER TABLE conversations ADD COLUMN answer_by bigint;
ALTER TABLE conversations ADD COLUMN answered_at bigint;
ALTER TABLE conversations ADD COLUMN rating integer;
ALTER TABLE conversations ADD COLUMN rating_text text;
ALTER TABLE conversations ADD COLUMN rated_at bigint;
-- What a visitor who left a message said of how to be reached; nobody has checked it.
ALTER TABLE conversations ADD COLUMN contact_name text;
ALTER TABLE conversations ADD COLUMN contact_email text;
ALTER TABLE conversations ADD COLUMN contact_phone text;
CREATE INDEX conversations_waiting ON conversations (organization_id, waiting_since, id)
    WHERE status = 'open' AND manager_id IS NULL;
CREATE INDEX conversations_answer_by ON conversations (answer_by) WHERE answer_by IS NOT NULL;

CREATE TABLE transitions (
    id              bigserial PRIMARY KEY,
    organization_id bigint NOT NULL,
    conversation_id bigint NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    visitor_id      text    NOT NULL,
    action          text    NOT NULL,
    from_state      text    NOT NULL,
    to_state        text    NOT NULL,
    from_manager_id bigint,
    manager_id      bigint,
    actor_type      text    NOT NULL,
    actor_id        text    NOT NULL DEFAULT '',
    note            text    NOT NULL DEFAULT '',
    decision        text,
    created_at      bigint NOT NULL
);
CREATE INDEX transitions_conversation ON transitions (conversation_id, id);
CREATE INDEX transitions_organization ON transitions (organization_id, created_at, id);

CREATE TABLE notes (
    id              bigserial PRIMARY KEY,
    organization_id bigint NOT NULL,
    conversation_id bigint NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    visitor_id      text    NOT NULL,
    manager_id      bigint,
    manager_name    text    NOT NULL,
    content         text    NOT NULL,
    created_at      bigint NOT NULL
);
CREATE INDEX notes_conversation ON notes (conversation_id, id);

CREATE TABLE conversation_tags (
    conversation_id bigint NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    tag             text    NOT NULL,
    organization_id bigint NOT NULL,
    created_at      bigint NOT NULL,
    PRIMARY KEY (conversation_id, tag)
);
CREATE INDEX conversation_tags_organization ON conversation_tags (organization_id, tag);

CREATE TABLE canned_replies (
    id              bigserial PRIMARY KEY,
    organization_id bigint NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    -- NULL: everybody's of the organisation.
    manager_id      bigint REFERENCES managers (id) ON DELETE CASCADE,
    shortcut        text    NOT NULL,
    content         text    NOT NULL,
    created_at      bigint NOT NULL
);
CREATE UNIQUE INDEX canned_replies_shortcut ON canned_replies (organization_id, coalesce(manager_id, 0), shortcut);

ALTER TABLE messages ADD COLUMN edited_at bigint;
ALTER TABLE messages ADD COLUMN deleted_at bigint;
CREATE TABLE message_versions (
    id          bigserial PRIMARY KEY,
    message_id  bigint NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    content     text    NOT NULL,
    actor_type  text    NOT NULL,
    actor_id    text    NOT NULL DEFAULT '',
    replaced_at bigint NOT NULL
);
CREATE INDEX message_versions_message ON message_versions (message_id, id);
-- What the other side has not read yet, for marking up to a message.
CREATE INDEX messages_unread ON messages (visitor_id, id) WHERE read_at IS NULL;
