-- What the console shows. Times are milliseconds since 1970 (UTC).

-- When a session's refresh token was exchanged last (GET /v1/auth/sessions).
CREATE INDEX _gw_refresh_tokens_session ON _gw_refresh_tokens (session, created_at);

-- The newest backup that each host has taken, written by debros-host after it; by the clock of that host.
CREATE TABLE _gw_backups (
  -- Its Raft id.
  host       TEXT    NOT NULL PRIMARY KEY,
  created_at INTEGER NOT NULL,
  bytes      INTEGER NOT NULL,
  -- Milliseconds between two backups (database.backup_interval of its node.yaml); 0: off.
  pause      INTEGER NOT NULL
) WITHOUT ROWID;
