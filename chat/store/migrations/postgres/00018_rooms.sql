-- What giosg integrations know beside conversations: rooms and who is in them, members of chats, goals, calls.
-- +goose Up
-- Whether its subscription has ended, for giosg's API.
ALTER TABLE organizations ADD COLUMN suspended boolean NOT NULL DEFAULT false;
-- Whether visitors may be called.
ALTER TABLE organizations ADD COLUMN calls boolean NOT NULL DEFAULT false;
ALTER TABLE managers ADD COLUMN bot boolean NOT NULL DEFAULT false;
-- Whose key it is: who calls with it is that manager. NULL: the organisation's backends'.
ALTER TABLE api_keys ADD COLUMN manager_id bigint REFERENCES managers (id);

CREATE TABLE rooms (
    id                  bigserial PRIMARY KEY,
    uuid                text NOT NULL UNIQUE,
    token               text NOT NULL UNIQUE,
    organization_id     bigint NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    -- The host whose pages it is for; NULL: a room of another kind.
    domain              text,
    name                text NOT NULL,
    language_code       text NOT NULL,
    -- The one in which conversations are that were opened without any; conversations know it as 0.
    main                boolean NOT NULL,
    signatures_required boolean NOT NULL,
    -- Whether md5 and sha1 count as signatures.
    checksums           boolean NOT NULL,
    created_at          bigint NOT NULL,
    updated_at          bigint NOT NULL,
    updated_by          bigint,
    deleted_at          bigint
);
CREATE UNIQUE INDEX rooms_main ON rooms (organization_id) WHERE main;
CREATE UNIQUE INDEX rooms_domain ON rooms (domain) WHERE deleted_at IS NULL;
CREATE INDEX rooms_organization ON rooms (organization_id, created_at, id);
INSERT INTO rooms (uuid, token, organization_id, name, language_code, main, signatures_required, checksums, created_at, updated_at)
SELECT gen_random_uuid()::text, translate(substr(md5(random()::text || id) || md5(random()::text || name), 1, 48), '0189', 'ghij'),
    id, name, 'en', true, false, false, created_at, created_at FROM organizations;

-- Keys that visitors' data is signed with: several at a time, so that they can be changed.
CREATE TABLE room_keys (
    id              bigserial PRIMARY KEY,
    uuid            text NOT NULL UNIQUE,
    room_id         bigint NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    organization_id bigint NOT NULL,
    name            text NOT NULL,
    kind            text NOT NULL CHECK (kind IN ('secret', 'public')),
    key             text NOT NULL,
    created_at      bigint NOT NULL
);
CREATE INDEX room_keys_room ON room_keys (room_id, id);

-- 0: the organisation's main room.
ALTER TABLE conversations ADD COLUMN room_id bigint NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN chat_type text NOT NULL DEFAULT '';
DROP INDEX conversations_one_open;
CREATE UNIQUE INDEX conversations_one_open ON conversations (visitor_id, room_id) WHERE status = 'open' AND chat_type = '';
CREATE INDEX conversations_room ON conversations (room_id, organization_id, created_at, id);

-- '' is what people write. extra is JSON: cards with buttons, and what a button answered.
ALTER TABLE messages ADD COLUMN type text NOT NULL DEFAULT '';
ALTER TABLE messages ADD COLUMN extra text;

-- Who has taken part in a conversation. 0 is its visitor, who has no row until something differs from taking part.
CREATE TABLE memberships (
    id              bigserial PRIMARY KEY,
    conversation_id bigint NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    organization_id bigint NOT NULL,
    manager_id      bigint NOT NULL,
    participating   boolean NOT NULL,
    created_at      bigint NOT NULL,
    updated_at      bigint NOT NULL,
    UNIQUE (conversation_id, manager_id)
);
CREATE INDEX memberships_manager ON memberships (manager_id, created_at, conversation_id);
INSERT INTO memberships (conversation_id, organization_id, manager_id, participating, created_at, updated_at)
SELECT id, organization_id, manager_id, status = 'open', answered_at, answered_at FROM conversations
WHERE manager_id IS NOT NULL AND answered_at IS NOT NULL;

-- Members' coming and going, which shows among the messages.
CREATE TABLE attendances (
    id              bigserial PRIMARY KEY,
    uuid            text NOT NULL,
    conversation_id bigint NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    manager_id      bigint NOT NULL,
    joined          boolean NOT NULL,
    created_at      bigint NOT NULL
);
CREATE INDEX attendances_conversation ON attendances (conversation_id, created_at, uuid);

-- A visitor in a room. about is JSON, what is known of browser, place and way there.
CREATE TABLE room_visitors (
    id              bigserial PRIMARY KEY,
    room_id         bigint NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    organization_id bigint NOT NULL,
    visitor_id      text NOT NULL REFERENCES visitors (id) ON DELETE CASCADE,
    session_id      text,
    visit_count     bigint NOT NULL,
    online          boolean NOT NULL,
    online_at       bigint,
    -- When she was last known to be there, within some minutes.
    seen_at         bigint NOT NULL,
    about           text NOT NULL,
    created_at      bigint NOT NULL,
    updated_at      bigint NOT NULL,
    UNIQUE (room_id, visitor_id)
);
CREATE INDEX room_visitors_visitor ON room_visitors (visitor_id);
CREATE INDEX room_visitors_online ON room_visitors (room_id, online_at, visitor_id) WHERE online;
CREATE INDEX room_visitors_seen ON room_visitors (seen_at, id);

CREATE TABLE visitor_variables (
    id              bigserial PRIMARY KEY,
    room_id         bigint NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    organization_id bigint NOT NULL,
    visitor_id      text NOT NULL REFERENCES visitors (id) ON DELETE CASCADE,
    key             text NOT NULL,
    -- JSON.
    value           text NOT NULL,
    signed          boolean NOT NULL,
    created_at      bigint NOT NULL,
    updated_at      bigint NOT NULL,
    UNIQUE (room_id, visitor_id, key)
);
CREATE INDEX visitor_variables_visitor ON visitor_variables (visitor_id);

-- A site's own names for its visitors.
CREATE TABLE visitor_identifiers (
    id              bigserial PRIMARY KEY,
    organization_id bigint NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    identifier      text NOT NULL,
    visitor_id      text NOT NULL REFERENCES visitors (id) ON DELETE CASCADE,
    created_at      bigint NOT NULL,
    updated_at      bigint NOT NULL,
    UNIQUE (organization_id, identifier)
);
CREATE INDEX visitor_identifiers_visitor ON visitor_identifiers (visitor_id);

-- What a page keeps to be the same visitor again, as a hash.
CREATE TABLE visitor_secrets (
    hash            text PRIMARY KEY,
    organization_id bigint NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    visitor_id      text NOT NULL REFERENCES visitors (id) ON DELETE CASCADE,
    created_at      bigint NOT NULL
);
CREATE INDEX visitor_secrets_visitor ON visitor_secrets (visitor_id);

-- Programs that managers are there with; each holds until it expires.
CREATE TABLE user_clients (
    id              bigserial PRIMARY KEY,
    uuid            text NOT NULL UNIQUE,
    organization_id bigint NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    manager_id      bigint NOT NULL,
    expires_in_ms   bigint NOT NULL,
    expires_at      bigint NOT NULL,
    properties      text NOT NULL,
    created_at      bigint NOT NULL,
    updated_at      bigint NOT NULL
);
CREATE INDEX user_clients_manager ON user_clients (manager_id, id);
CREATE INDEX user_clients_expiry ON user_clients (expires_at);

CREATE TABLE teams (
    id              bigserial PRIMARY KEY,
    uuid            text NOT NULL UNIQUE,
    organization_id bigint NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name            text NOT NULL,
    created_at      bigint NOT NULL,
    updated_at      bigint NOT NULL
);
CREATE INDEX teams_organization ON teams (organization_id, id);
CREATE TABLE team_members (
    team_id    bigint NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
    manager_id bigint NOT NULL,
    PRIMARY KEY (team_id, manager_id)
);
CREATE INDEX team_members_manager ON team_members (manager_id);
-- A member of a chat asks a team, or a manager, to take it.
CREATE TABLE chat_invitations (
    id                 bigserial PRIMARY KEY,
    uuid               text NOT NULL UNIQUE,
    organization_id    bigint NOT NULL,
    conversation_id    bigint NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    inviter_id         bigint NOT NULL,
    team_id            bigint,
    invited_id         bigint,
    -- Who took it; NULL: nobody has yet.
    accepted_by        bigint,
    created_at         bigint NOT NULL,
    updated_at         bigint NOT NULL
);
CREATE INDEX chat_invitations_conversation ON chat_invitations (conversation_id, id);

CREATE TABLE goals (
    id              bigserial PRIMARY KEY,
    uuid            text NOT NULL UNIQUE,
    organization_id bigint NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name            text NOT NULL,
    value           double precision NOT NULL,
    created_at      bigint NOT NULL,
    updated_at      bigint NOT NULL,
    deleted_at      bigint
);
CREATE INDEX goals_organization ON goals (organization_id, id);
-- Once for a visitor's session. The visitor goes when she is erased; the number stays.
CREATE TABLE goal_matches (
    id              bigserial PRIMARY KEY,
    uuid            text NOT NULL,
    goal_id         bigint NOT NULL REFERENCES goals (id) ON DELETE CASCADE,
    organization_id bigint NOT NULL,
    visitor_id      text REFERENCES visitors (id) ON DELETE SET NULL,
    session_id      text NOT NULL,
    value           double precision NOT NULL,
    created_at      bigint NOT NULL,
    UNIQUE (goal_id, visitor_id, session_id)
);
CREATE INDEX goal_matches_visitor ON goal_matches (visitor_id);
CREATE INDEX goal_matches_day ON goal_matches (organization_id, created_at, id);

CREATE TABLE calls (
    id              bigserial PRIMARY KEY,
    uuid            text NOT NULL UNIQUE,
    organization_id bigint NOT NULL,
    conversation_id bigint NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    message_id      bigint NOT NULL,
    kind            text NOT NULL CHECK (kind IN ('audio', 'video', 'audio+video')),
    state           text NOT NULL,
    operator_name   text NOT NULL,
    operator_avatar text,
    manager_id      bigint,
    created_at      bigint NOT NULL,
    accepted_at     bigint,
    ended_at        bigint,
    updated_at      bigint NOT NULL
);
CREATE INDEX calls_conversation ON calls (conversation_id, id);
CREATE INDEX calls_live ON calls (updated_at) WHERE ended_at IS NULL;

-- Of webhooks in giosg's format: whose user they call back as, and patterns of channels and actions, JSON or nothing.
ALTER TABLE webhooks ADD COLUMN manager_id bigint;
ALTER TABLE webhooks ADD COLUMN channels text NOT NULL DEFAULT '';
ALTER TABLE webhooks ADD COLUMN actions text NOT NULL DEFAULT '';
