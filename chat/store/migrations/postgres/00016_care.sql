-- +goose Up
-- Who did what. Secrets and what visitors say are never in it; a visitor's id is, until she is erased. Refusals are
-- gathered: count is how many there were within the minute that at is in.
CREATE TABLE audit (
    id              bigserial PRIMARY KEY,
    organization_id bigint,
    at              bigint NOT NULL,
    actor_kind      text    NOT NULL,
    actor_id        text    NOT NULL,
    action          text    NOT NULL,
    target_kind     text    NOT NULL,
    target_id       text    NOT NULL,
    address         text    NOT NULL,
    count           integer NOT NULL,
    details         text    NOT NULL
);
CREATE INDEX audit_age ON audit (at, id);
CREATE INDEX audit_organization ON audit (organization_id, at, id);
CREATE INDEX audit_action ON audit (organization_id, action, at, id);
CREATE INDEX audit_actor ON audit (actor_kind, actor_id, at, id);
CREATE INDEX audit_visitor ON audit (target_id) WHERE target_kind = 'visitor';

-- How many days closed conversations stay. NULL: for ever.
ALTER TABLE organizations ADD COLUMN retain_days integer;

-- Visitors who are being erased. What is left of the work is what is still there; the stage comes after that.
ALTER TABLE visitors ADD COLUMN erasing_at bigint;
CREATE TABLE erasures (
    id              bigserial PRIMARY KEY,
    organization_id bigint NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    -- NULL once nothing of hers is left.
    visitor_id      text UNIQUE,
    -- What stands for her in the audit log.
    mark            text    NOT NULL UNIQUE,
    actor_kind      text    NOT NULL,
    actor_id        text    NOT NULL,
    address         text    NOT NULL,
    stage           integer NOT NULL DEFAULT 0,
    place           text    NOT NULL DEFAULT '',
    conversations   bigint NOT NULL DEFAULT 0,
    messages        bigint NOT NULL DEFAULT 0,
    files           bigint NOT NULL DEFAULT 0,
    notifications   bigint NOT NULL DEFAULT 0,
    events          bigint NOT NULL DEFAULT 0,
    requested_at    bigint NOT NULL
);
-- Tokens of erased visitors that were signed before hold no more. The id is a hash.
CREATE TABLE erased_visitors (
    hash      text    PRIMARY KEY,
    erased_at bigint NOT NULL
);
CREATE INDEX erased_visitors_age ON erased_visitors (erased_at);

-- How many times words were forgotten that no document has any more.
ALTER TABLE search_state ADD COLUMN forgotten bigint NOT NULL DEFAULT 0;

-- What figures need of conversations that were removed: no names, texts or ids.
CREATE TABLE bygone_conversations (
    id              bigserial PRIMARY KEY,
    organization_id bigint NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    created_at      bigint NOT NULL,
    updated_at      bigint NOT NULL,
    rating          integer,
    rated_at        bigint
);
CREATE INDEX bygone_conversations_organization ON bygone_conversations (organization_id, updated_at, id);
CREATE TABLE bygone_steps (
    id              bigserial PRIMARY KEY,
    bygone_id       bigint NOT NULL REFERENCES bygone_conversations (id) ON DELETE CASCADE,
    action          text    NOT NULL,
    from_state      text    NOT NULL,
    to_state        text    NOT NULL,
    from_manager_id bigint,
    manager_id      bigint,
    actor_type      text    NOT NULL,
    created_at      bigint NOT NULL
);
CREATE INDEX bygone_steps_conversation ON bygone_steps (bygone_id, id);
