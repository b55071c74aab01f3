-- Sign-in: who owns a namespace and which credentials are good. No secret stands here in the clear: API keys, refresh
-- tokens and tickets are HMAC-SHA256 under the gateways' server key, and of signing keys only the public half is here.
-- Times are integers in milliseconds since 1970 (UTC), always supplied by the gateway.

-- Facts about the cluster as a whole. `server_key`: fingerprint of the server key, so that a gateway with another one
-- notices instead of refusing everybody's keys. `server_key_value`: the key itself, where gateways have no file for it.
CREATE TABLE _gw_auth_meta (
  name  TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

-- What gateways have to forget. Each polls the rows after the last one it saw; a row is written in the transaction
-- that revokes. AUTOINCREMENT: numbers go on where they were although old rows are deleted.
CREATE TABLE _gw_changes (
  seq     INTEGER PRIMARY KEY AUTOINCREMENT,
  kind    TEXT    NOT NULL,
  subject TEXT    NOT NULL,
  at      INTEGER NOT NULL
);

-- Sign-in challenges. `attempt` is set once, by the sign-in that spends the nonce; the statements of the same
-- transaction that follow look for their own attempt and otherwise do nothing.
CREATE TABLE _gw_nonces (
  nonce      TEXT    NOT NULL PRIMARY KEY,
  wallet     TEXT    NOT NULL,
  chain      TEXT    NOT NULL,
  namespace  TEXT    NOT NULL,
  message    TEXT    NOT NULL,
  expires_at INTEGER NOT NULL,
  attempt    TEXT
) WITHOUT ROWID;
CREATE INDEX _gw_nonces_expiry ON _gw_nonces (expires_at);

CREATE TABLE _gw_owners (
  namespace TEXT    NOT NULL,
  wallet    TEXT    NOT NULL,
  added_by  TEXT    NOT NULL,
  added_at  INTEGER NOT NULL,
  PRIMARY KEY (namespace, wallet)
) WITHOUT ROWID;

-- A session is a family of refresh tokens, of which one at a time is good.
CREATE TABLE _gw_sessions (
  id         TEXT    NOT NULL PRIMARY KEY,
  namespace  TEXT    NOT NULL,
  wallet     TEXT    NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  revoked_at INTEGER,
  revoked_by TEXT
) WITHOUT ROWID;
CREATE INDEX _gw_sessions_wallet ON _gw_sessions (wallet, namespace);
CREATE INDEX _gw_sessions_expiry ON _gw_sessions (expires_at);

-- `used_at`: it was exchanged; `retried_at`: it was exchanged again within the grace, which is allowed once.
-- `attempt` is the last exchange, as in _gw_nonces.
CREATE TABLE _gw_refresh_tokens (
  hash       TEXT    NOT NULL PRIMARY KEY,
  session    TEXT    NOT NULL,
  parent     TEXT    NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at    INTEGER,
  retried_at INTEGER,
  attempt    TEXT
) WITHOUT ROWID;
CREATE INDEX _gw_refresh_tokens_parent ON _gw_refresh_tokens (parent);
CREATE INDEX _gw_refresh_tokens_expiry ON _gw_refresh_tokens (expires_at);

CREATE TABLE _gw_api_keys (
  id           TEXT    NOT NULL PRIMARY KEY,
  hash         TEXT    NOT NULL UNIQUE,
  prefix       TEXT    NOT NULL,
  name         TEXT    NOT NULL,
  plan         TEXT    NOT NULL,
  namespace    TEXT    NOT NULL,
  wallet       TEXT    NOT NULL,
  created_at   INTEGER NOT NULL,
  last_used_at INTEGER,
  revoked_at   INTEGER
) WITHOUT ROWID;
CREATE INDEX _gw_api_keys_namespace ON _gw_api_keys (namespace, created_at);

CREATE TABLE _gw_tickets (
  hash       TEXT    NOT NULL PRIMARY KEY,
  principal  TEXT    NOT NULL,
  expires_at INTEGER NOT NULL
) WITHOUT ROWID;

-- Public halves of the gateways' keys. `expires_at`: no token it has signed lives longer.
CREATE TABLE _gw_signing_keys (
  kid         TEXT    NOT NULL PRIMARY KEY,
  public_key  TEXT    NOT NULL,
  signs_from  INTEGER NOT NULL,
  signs_until INTEGER NOT NULL,
  expires_at  INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE _gw_apps (
  id         TEXT    NOT NULL PRIMARY KEY,
  namespace  TEXT    NOT NULL,
  name       TEXT    NOT NULL,
  public_key TEXT    NOT NULL,
  wallet     TEXT    NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX _gw_apps_namespace ON _gw_apps (namespace, created_at);

-- Every grant, revocation and denial. `credential` is a harmless name (an id or a fingerprint).
CREATE TABLE _gw_audit (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  at         INTEGER NOT NULL,
  event      TEXT    NOT NULL,
  outcome    TEXT    NOT NULL,
  namespace  TEXT    NOT NULL,
  subject    TEXT    NOT NULL,
  credential TEXT    NOT NULL,
  address    TEXT    NOT NULL,
  request_id TEXT    NOT NULL,
  detail     TEXT    NOT NULL
);
CREATE INDEX _gw_audit_time ON _gw_audit (at);
CREATE INDEX _gw_audit_namespace ON _gw_audit (namespace, at);
