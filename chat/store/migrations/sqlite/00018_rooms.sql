-- What giosg integrations know beside conversations: rooms and who is in them, members of chats, goals, calls.
-- +goose Up
-- Whether its subscription has ended, for giosg's API.
ALTER TABLE organizations ADD COLUMN suspended INTEGER NOT NULL DEFAULT 0;
-- Whether visitors may be called.
ALTER TABLE organizations ADD COLUMN calls INTEGER NOT NULL DEFAULT 0;
ALTER TABLE managers ADD COLUMN bot INTEGER NOT NULL DEFAULT 0;
-- Whose key it is: who calls with it is that manager. NULL: the organisation's backends'.
ALTER TABLE api_keys ADD COLUMN manager_id INTEGER REFERENCES managers (id);

CREATE TABLE rooms (
    id                  INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid                TEXT NOT NULL UNIQUE,
    token               TEXT NOT NULL UNIQUE,
    organization_id     INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    -- The host whose pages it is for; NULL: a room of another kind.
    domain              TEXT,
    name                TEXT NOT NULL,
    language_code       TEXT NOT NULL,
    -- The one in which conversations are that were opened without any; conversations know it as 0.
    main                INTEGER NOT NULL,
    signatures_required INTEGER NOT NULL,
    -- Whether md5 and sha1 count as signatures.
    checksums           INTEGER NOT NULL,
    created_at          INTEGER NOT NULL,
    updated_at          INTEGER NOT NULL,
    updated_by          INTEGER,
    deleted_at          INTEGER
);
CREATE UNIQUE INDEX rooms_main ON rooms (organization_id) WHERE main;
CREATE UNIQUE INDEX rooms_domain ON rooms (domain) WHERE deleted_at IS NULL;
CREATE INDEX rooms_organization ON rooms (organization_id, created_at, id);
INSERT INTO rooms (uuid, token, organization_id, name, language_code, main, signatures_required, checksums, created_at, updated_at)
SELECT lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-a' || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))), lower(replace(replace(replace(replace(hex(randomblob(24)), '0', 'g'), '1', 'h'), '8', 'i'), '9', 'j')),
    id, name, 'en', 1, 0, 0, created_at, created_at FROM organizations;

-- Keys that visitors' data is signed with: several at a time, so that they can be changed.
CREATE TABLE room_keys (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid            TEXT NOT NULL UNIQUE,
    room_id         INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    organization_id INTEGER NOT NULL,
    name            TEXT NOT NULL,
    kind            TEXT NOT NULL CHECK (kind IN ('secret', 'public')),
    key             TEXT NOT NULL,
    created_at      INTEGER NOT NULL
);
CREATE INDEX room_keys_room ON room_keys (room_id, id);

-- 0: the organisation's main room.
ALTER TABLE conversations ADD COLUMN room_id INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN chat_type TEXT NOT NULL DEFAULT '';
DROP INDEX conversations_one_open;
CREATE UNIQUE INDEX conversations_one_open ON conversations (visitor_id, room_id) WHERE status = 'open' AND chat_type = '';
CREATE INDEX conversations_room ON conversations (room_id, organization_id, created_at, id);

-- '' is what people write. extra is JSON: cards with buttons, and what a button answered.
ALTER TABLE messages ADD COLUMN type TEXT NOT NULL DEFAULT '';
ALTER TABLE messages ADD COLUMN extra TEXT;

-- Who has taken part in a conversation. 0 is its visitor, who has no row until something differs from taking part.
CREATE TABLE memberships (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation_id INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    organization_id INTEGER NOT NULL,
    manager_id      INTEGER NOT NULL,
    participating   INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    UNIQUE (conversation_id, manager_id)
);
CREATE INDEX memberships_manager ON memberships (manager_id, created_at, conversation_id);
INSERT INTO memberships (conversation_id, organization_id, manager_id, participating, created_at, updated_at)
SELECT id, organization_id, manager_id, status = 'open', answered_at, answered_at FROM conversations
WHERE manager_id IS NOT NULL AND answered_at IS NOT NULL;

-- Members' coming and going, which shows among the messages.
CREATE TABLE attendances (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid            TEXT NOT NULL,
    conversation_id INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    manager_id      INTEGER NOT NULL,
    joined          INTEGER NOT NULL,
    created_at      INTEGER NOT NULL
);
CREATE INDEX attendances_conversation ON attendances (conversation_id, created_at, uuid);

-- A visitor in a room. about is JSON, what is known of browser, place and way there.
CREATE TABLE room_visitors (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    room_id         INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    organization_id INTEGER NOT NULL,
    visitor_id      TEXT NOT NULL REFERENCES visitors (id) ON DELETE CASCADE,
    session_id      TEXT,
    visit_count     INTEGER NOT NULL,
    online          INTEGER NOT NULL,
    online_at       INTEGER,
    -- When she was last known to be there, within some minutes.
    seen_at         INTEGER NOT NULL,
    about           TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    UNIQUE (room_id, visitor_id)
);
CREATE INDEX room_visitors_visitor ON room_visitors (visitor_id);
CREATE INDEX room_visitors_online ON room_visitors (room_id, online_at, visitor_id) WHERE online;
CREATE INDEX room_visitors_seen ON room_visitors (seen_at, id);

CREATE TABLE visitor_variables (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    room_id         INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    organization_id INTEGER NOT NULL,
    visitor_id      TEXT NOT NULL REFERENCES visitors (id) ON DELETE CASCADE,
    key             TEXT NOT NULL,
    -- JSON.
    value           TEXT NOT NULL,
    signed          INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    UNIQUE (room_id, visitor_id, key)
);
CREATE INDEX visitor_variables_visitor ON visitor_variables (visitor_id);

-- A site's own names for its visitors.
CREATE TABLE visitor_identifiers (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    identifier      TEXT NOT NULL,
    visitor_id      TEXT NOT NULL REFERENCES visitors (id) ON DELETE CASCADE,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    UNIQUE (organization_id, identifier)
);
CREATE INDEX visitor_identifiers_visitor ON visitor_identifiers (visitor_id);

-- What a page keeps to be the same visitor again, as a hash.
CREATE TABLE visitor_secrets (
    hash            TEXT PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    visitor_id      TEXT NOT NULL REFERENCES visitors (id) ON DELETE CASCADE,
    created_at      INTEGER NOT NULL
);
CREATE INDEX visitor_secrets_visitor ON visitor_secrets (visitor_id);

-- Programs that managers are there with; each holds until it expires.
CREATE TABLE user_clients (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid            TEXT NOT NULL UNIQUE,
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    manager_id      INTEGER NOT NULL,
    expires_in_ms   INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL,
    properties      TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL
);
CREATE INDEX user_clients_manager ON user_clients (manager_id, id);
CREATE INDEX user_clients_expiry ON user_clients (expires_at);

CREATE TABLE teams (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid            TEXT NOT NULL UNIQUE,
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name            TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL
);
CREATE INDEX teams_organization ON teams (organization_id, id);
CREATE TABLE team_members (
    team_id    INTEGER NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
    manager_id INTEGER NOT NULL,
    PRIMARY KEY (team_id, manager_id)
);
CREATE INDEX team_members_manager ON team_members (manager_id);
-- A member of a chat asks a team, or a manager, to take it.
CREATE TABLE chat_invitations (
    id                 INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid               TEXT NOT NULL UNIQUE,
    organization_id    INTEGER NOT NULL,
    conversation_id    INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    inviter_id         INTEGER NOT NULL,
    team_id            INTEGER,
    invited_id         INTEGER,
    -- Who took it; NULL: nobody has yet.
    accepted_by        INTEGER,
    created_at         INTEGER NOT NULL,
    updated_at         INTEGER NOT NULL
);
CREATE INDEX chat_invitations_conversation ON chat_invitations (conversation_id, id);

CREATE TABLE goals (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid            TEXT NOT NULL UNIQUE,
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name            TEXT NOT NULL,
    value           REAL NOT NULL,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    deleted_at      INTEGER
);
CREATE INDEX goals_organization ON goals (organization_id, id);
-- Once for a visitor's session. The visitor goes when she is erased; the number stays.
CREATE TABLE goal_matches (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid            TEXT NOT NULL,
    goal_id         INTEGER NOT NULL REFERENCES goals (id) ON DELETE CASCADE,
    organization_id INTEGER NOT NULL,
    visitor_id      TEXT REFERENCES visitors (id) ON DELETE SET NULL,
    session_id      TEXT NOT NULL,
    value           REAL NOT NULL,
    created_at      INTEGER NOT NULL,
    UNIQUE (goal_id, visitor_id, session_id)
);
CREATE INDEX goal_matches_visitor ON goal_matches (visitor_id);
CREATE INDEX goal_matches_day ON goal_matches (organization_id, created_at, id);

CREATE TABLE calls (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid            TEXT NOT NULL UNIQUE,
    organization_id INTEGER NOT NULL,
    conversation_id INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    message_id      INTEGER NOT NULL,
    kind            TEXT NOT NULL CHECK (kind IN ('audio', 'video', 'audio+video')),
    state           TEXT NOT NULL,
    operator_name   TEXT NOT NULL,
    operator_avatar TEXT,
    manager_id      INTEGER,
    created_at      INTEGER NOT NULL,
    accepted_at     INTEGER,
    ended_at        INTEGER,
    updated_at      INTEGER NOT NULL
);
CREATE INDEX calls_conversation ON calls (conversation_id, id);
CREATE INDEX calls_live ON calls (updated_at) WHERE ended_at IS NULL;

-- Of webhooks in giosg's format: whose user they call back as, and patterns of channels and actions, JSON or nothing.
ALTER TABLE webhooks ADD COLUMN manager_id INTEGER;
ALTER TABLE webhooks ADD COLUMN channels TEXT NOT NULL DEFAULT '';
ALTER TABLE webhooks ADD COLUMN actions TEXT NOT NULL DEFAULT '';
