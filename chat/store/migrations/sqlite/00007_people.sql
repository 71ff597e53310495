-- +goose Up
-- What an organisation says and from where, and how managers sign in.
ALTER TABLE organizations ADD COLUMN greeting TEXT NOT NULL DEFAULT '';
-- A JSON array of origins; empty: what the settings say.
ALTER TABLE organizations ADD COLUMN allowed_origins TEXT NOT NULL DEFAULT '';

ALTER TABLE managers ADD COLUMN password_changed_at INTEGER;
-- Tokens that were signed before this second hold no more.
ALTER TABLE managers ADD COLUMN tokens_valid_from INTEGER NOT NULL DEFAULT 0;
CREATE INDEX login_sessions_manager ON login_sessions (manager_id);

-- Attempts to sign in, by account and source, both as hashes: an account need not exist to be counted. The empty
-- source stands for all from which nobody has signed in.
CREATE TABLE login_tries (
    account      TEXT NOT NULL,
    source       TEXT NOT NULL,
    failed       INTEGER NOT NULL DEFAULT 0,
    tried_at     INTEGER NOT NULL,
    locked_until INTEGER,
    succeeded_at INTEGER,
    PRIMARY KEY (account, source)
) WITHOUT ROWID;
CREATE INDEX login_tries_age ON login_tries (tried_at);
