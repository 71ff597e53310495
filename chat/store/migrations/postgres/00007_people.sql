-- +goose Up
-- What an organisation says and from where, and how managers sign in.
ALTER TABLE organizations ADD COLUMN greeting text NOT NULL DEFAULT '';
-- A JSON array of origins; empty: what the settings say.
ALTER TABLE organizations ADD COLUMN allowed_origins text NOT NULL DEFAULT '';

ALTER TABLE managers ADD COLUMN password_changed_at bigint;
-- Tokens that were signed before this second hold no more.
ALTER TABLE managers ADD COLUMN tokens_valid_from bigint NOT NULL DEFAULT 0;
CREATE INDEX login_sessions_manager ON login_sessions (manager_id);

-- Attempts to sign in, by account and source, both as hashes: an account need not exist to be counted. The empty
-- source stands for all from which nobody has signed in.
CREATE TABLE login_tries (
    account      text NOT NULL,
    source       text NOT NULL,
    failed       integer NOT NULL DEFAULT 0,
    tried_at     bigint NOT NULL,
    locked_until bigint,
    succeeded_at bigint,
    PRIMARY KEY (account, source)
);
CREATE INDEX login_tries_age ON login_tries (tried_at);
