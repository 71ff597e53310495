-- Webhooks: where an organisation's events are sent, what waits to be sent, and what came of each attempt.
-- +goose Up
CREATE TABLE webhooks (
    id              bigserial PRIMARY KEY,
    organization_id bigint NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    url             text NOT NULL,
    description     text NOT NULL DEFAULT '',
    format          text NOT NULL,
    events          text NOT NULL,
    enabled         boolean NOT NULL,
    disabled_reason text NOT NULL DEFAULT '',
    disabled_at     bigint,
    failing_since   bigint,
    succeeded_at    bigint,
    secret          text NOT NULL,
    previous_secret text NOT NULL DEFAULT '',
    previous_until  bigint,
    -- The earliest due_at of its pending deliveries. Changes under the row's lock, as do the deliveries' states.
    next_at         bigint,
    created_at      bigint NOT NULL,
    updated_at      bigint NOT NULL,
    deleted_at      bigint
);
CREATE INDEX webhooks_organization ON webhooks (organization_id);
CREATE INDEX webhooks_next ON webhooks (next_at) WHERE next_at IS NOT NULL;

CREATE TABLE deliveries (
    id              bigserial PRIMARY KEY,
    webhook_id      bigint NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
    organization_id bigint NOT NULL,
    uuid            text NOT NULL,
    event_id        bigint,
    type            text NOT NULL,
    lane            text NOT NULL,
    conversation_id bigint,
    visitor_id      text NOT NULL,
    payload         text NOT NULL,
    state           text NOT NULL CHECK (state IN ('pending', 'delivered', 'failed')),
    attempts        integer NOT NULL DEFAULT 0,
    retries         integer NOT NULL DEFAULT 0,
    -- When to send it; while it is being sent, when to believe that its sender died. NULL: it waits for another in its
    -- lane, or is finished.
    due_at          bigint,
    leased          boolean NOT NULL DEFAULT false,
    status          integer NOT NULL DEFAULT 0,
    error           text NOT NULL DEFAULT '',
    created_at      bigint NOT NULL,
    queued_at       bigint NOT NULL,
    finished_at     bigint
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
    id          bigserial PRIMARY KEY,
    delivery_id bigint NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    number      integer NOT NULL,
    started_at  bigint NOT NULL,
    duration_ms bigint NOT NULL,
    status      integer NOT NULL,
    error       text NOT NULL,
    response    text NOT NULL
);
CREATE INDEX attempts_delivery ON attempts (delivery_id, number);
