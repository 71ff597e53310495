-- +goose Up
-- Who did what. Secrets and what visitors say are never in it; a visitor's id is, until she is erased. Refusals are
-- gathered: count is how many there were within the minute that at is in.
CREATE TABLE audit (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id INTEGER,
    at              INTEGER NOT NULL,
    actor_kind      TEXT    NOT NULL,
    actor_id        TEXT    NOT NULL,
    action          TEXT    NOT NULL,
    target_kind     TEXT    NOT NULL,
    target_id       TEXT    NOT NULL,
    address         TEXT    NOT NULL,
    count           INTEGER NOT NULL,
    details         TEXT    NOT NULL
);
CREATE INDEX audit_age ON audit (at, id);
CREATE INDEX audit_organization ON audit (organization_id, at, id);
CREATE INDEX audit_action ON audit (organization_id, action, at, id);
CREATE INDEX audit_actor ON audit (actor_kind, actor_id, at, id);
CREATE INDEX audit_visitor ON audit (target_id) WHERE target_kind = 'visitor';

-- How many days closed conversations stay. NULL: for ever.
ALTER TABLE organizations ADD COLUMN retain_days INTEGER;

-- Visitors who are being erased. What is left of the work is what is still there; the stage comes after that.
ALTER TABLE visitors ADD COLUMN erasing_at INTEGER;
CREATE TABLE erasures (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    -- NULL once nothing of hers is left.
    visitor_id      TEXT UNIQUE,
    -- What stands for her in the audit log.
    mark            TEXT    NOT NULL UNIQUE,
    actor_kind      TEXT    NOT NULL,
    actor_id        TEXT    NOT NULL,
    address         TEXT    NOT NULL,
    stage           INTEGER NOT NULL DEFAULT 0,
    place           TEXT    NOT NULL DEFAULT '',
    conversations   INTEGER NOT NULL DEFAULT 0,
    messages        INTEGER NOT NULL DEFAULT 0,
    files           INTEGER NOT NULL DEFAULT 0,
    notifications   INTEGER NOT NULL DEFAULT 0,
    events          INTEGER NOT NULL DEFAULT 0,
    requested_at    INTEGER NOT NULL
);
-- Tokens of erased visitors that were signed before hold no more. The id is a hash.
CREATE TABLE erased_visitors (
    hash      TEXT    PRIMARY KEY,
    erased_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX erased_visitors_age ON erased_visitors (erased_at);

-- How many times words were forgotten that no document has any more.
ALTER TABLE search_state ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0;

-- What figures need of conversations that were removed: no names, texts or ids.
CREATE TABLE bygone_conversations (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    rating          INTEGER,
    rated_at        INTEGER
);
CREATE INDEX bygone_conversations_organization ON bygone_conversations (organization_id, updated_at, id);
CREATE TABLE bygone_steps (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    bygone_id       INTEGER NOT NULL REFERENCES bygone_conversations (id) ON DELETE CASCADE,
    action          TEXT    NOT NULL,
    from_state      TEXT    NOT NULL,
    to_state        TEXT    NOT NULL,
    from_manager_id INTEGER,
    manager_id      INTEGER,
    actor_type      TEXT    NOT NULL,
    created_at      INTEGER NOT NULL
);
CREATE INDEX bygone_steps_conversation ON bygone_steps (bygone_id, id);
