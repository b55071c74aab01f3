-- Sign-in through a browser: for a program that waits on the same machine (RFC 8252), or on one without a browser
-- (RFC 8628). Every code is an HMAC-SHA256 under the gateways' server key. Times are milliseconds since 1970 (UTC), by the
-- clock of the gateway that took the request.

-- What a wallet has agreed to and the waiting program has not fetched yet: a session, once.
CREATE TABLE _gw_login_grants (
  -- Of the one-time code, or of the device code.
  hash           TEXT    NOT NULL PRIMARY KEY,
  namespace      TEXT    NOT NULL,
  wallet         TEXT    NOT NULL,
  nonce          TEXT    NOT NULL,
  -- What the program has to prove and where the code was sent; empty for a device.
  code_challenge TEXT    NOT NULL,
  callback       TEXT    NOT NULL,
  expires_at     INTEGER NOT NULL,
  -- Set once, by the exchange that spends it, with the session made of it; as in _gw_nonces.
  attempt        TEXT,
  session        TEXT
) WITHOUT ROWID;
CREATE INDEX _gw_login_grants_expiry ON _gw_login_grants (expires_at);

-- Programs that wait for somebody to type their code into the page.
CREATE TABLE _gw_device_logins (
  hash        TEXT    NOT NULL PRIMARY KEY,
  user_code   TEXT    NOT NULL UNIQUE,
  -- Empty: whoever approves chooses.
  namespace   TEXT    NOT NULL,
  client_name TEXT    NOT NULL,
  address     TEXT    NOT NULL,
  -- Milliseconds between two polls, and the last one.
  pause       INTEGER NOT NULL,
  polled_at   INTEGER,
  expires_at  INTEGER NOT NULL,
  -- approved or denied; `attempt` is whose answer it was.
  answer      TEXT,
  attempt     TEXT
) WITHOUT ROWID;
CREATE INDEX _gw_device_logins_expiry ON _gw_device_logins (expires_at);
