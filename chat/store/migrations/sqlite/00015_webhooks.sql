-- Webhooks: where an organisation's events are sent, what waits to be sent, and what came of each attempt.
-- +goose Up
CREATE TABLE webhooks (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    url             TEXT NOT NULL,
    description     TEXT NOT NULL DEFAULT '',
    format          TEXT NOT NULL,
    events          TEXT NOT NULL,
    enabled         INTEGER NOT NULL,
    disabled_reason TEXT NOT NULL DEFAULT '',
    disabled_at     INTEGER,
    failing_since   INTEGER,
    succeeded_at    INTEGER,
    secret          TEXT NOT NULL,
    previous_secret TEXT NOT NULL DEFAULT '',
    previous_until  INTEGER,
    -- The earliest due_at of its pending deliveries. Changes under the row's lock, as do the deliveries' states.
    next_at         INTEGER,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    deleted_at      INTEGER
);
CREATE INDEX webhooks_organization ON webhooks (organization_id);
CREATE INDEX webhooks_next ON webhooks (next_at) WHERE next_at IS NOT NULL;

CREATE TABLE deliveries (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    webhook_id      INTEGER NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
    organization_id INTEGER NOT NULL,
    uuid            TEXT NOT NULL,
    event_id        INTEGER,
    type            TEXT NOT NULL,
    lane            TEXT NOT NULL,
    conversation_id INTEGER,
    visitor_id      TEXT NOT NULL,
    payload         TEXT NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'failed')),
    attempts        INTEGER NOT NULL DEFAULT 0,
    retries         INTEGER NOT NULL DEFAULT 0,
    -- When to send it; while it is being sent, when to believe that its sender died. NULL: it waits for another in its
    -- lane, or is finished.
    due_at          INTEGER,
    leased          INTEGER NOT NULL DEFAULT 0,
    status          INTEGER NOT NULL DEFAULT 0,
    error           TEXT NOT NULL DEFAULT '',
    created_at      INTEGER NOT NULL,
    queued_at       INTEGER NOT NULL,
    finished_at     INTEGER
);
-- The relay may hand an event on twice.
CREATE UNIQUE INDEX deliveries_event ON deliveries (webhook_id, event_id, type);
CREATE INDEX deliveries_log ON deliveries (webhook_id, id);
CREATE INDEX deliveries_due ON deliveries (webhook_id, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX deliveries_lane ON deliveries (webhook_id, lane, id) WHERE state = 'pending';
CREATE INDEX deliveries_failed ON deliveries (webhook_id, id) WHERE state = 'failed';
CREATE INDEX deliveries_finished ON deliveries (webhook_id, finished_at, id) WHERE finished_at IS NOT NULL;
CREATE INDEX deliveries_visitor ON deliveries (visitor_id);

CREATE TABLE attempts (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    delivery_id INTEGER NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    number      INTEGER NOT NULL,
    started_at  INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL,
    status      INTEGER NOT NULL,
    error       TEXT NOT NULL,
    response    TEXT NOT NULL
);
CREATE INDEX attempts_delivery ON attempts (delivery_id, number);
