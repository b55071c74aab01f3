-- What became of writes that were sent with an Idempotency-Key, so that a repeat gets the first answer and changes nothing.
-- A row is made in the transaction of the write it speaks of; times are milliseconds since 1970 (UTC) by the clock of the
-- gateway that took the write.

CREATE TABLE _gw_idempotency (
  -- A digest of namespace, subject, method, path and key.
  id          TEXT NOT NULL PRIMARY KEY,
  namespace   TEXT NOT NULL,
  -- A digest of the request, to tell a repeat from another request with the same key.
  fingerprint TEXT NOT NULL,
  -- Random, of the one attempt that made the row.
  attempt     TEXT NOT NULL,
  -- The answer. Without a status it is not known: the first request is under way, or its gateway has died.
  status      INTEGER,
  -- A JSON object.
  headers     TEXT NOT NULL,
  -- NULL beside a status: the answer was too large to be kept.
  body        TEXT,
  claimed_at  INTEGER NOT NULL,
  expires_at  INTEGER NOT NULL
);
CREATE INDEX _gw_idempotency_ended ON _gw_idempotency (expires_at);

-- How much each namespace has in there, so that a claim need not count. `bytes` are those of the answers.
CREATE TABLE _gw_idempotency_use (
  namespace TEXT PRIMARY KEY,
  records   INTEGER NOT NULL,
  bytes     INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TRIGGER _gw_idempotency_added AFTER INSERT ON _gw_idempotency
BEGIN
  INSERT INTO _gw_idempotency_use(namespace, records, bytes)
  VALUES(NEW.namespace, 1, coalesce(length(CAST(NEW.body AS BLOB)), 0))
  ON CONFLICT(namespace) DO UPDATE SET records = records + 1, bytes = bytes + excluded.bytes;
END;

CREATE TRIGGER _gw_idempotency_changed AFTER UPDATE OF body ON _gw_idempotency
BEGIN
  UPDATE _gw_idempotency_use SET bytes = bytes
    + coalesce(length(CAST(NEW.body AS BLOB)), 0) - coalesce(length(CAST(OLD.body AS BLOB)), 0)
  WHERE namespace = NEW.namespace;
END;

CREATE TRIGGER _gw_idempotency_removed AFTER DELETE ON _gw_idempotency
BEGIN
  UPDATE _gw_idempotency_use SET records = records - 1, bytes = bytes - coalesce(length(CAST(OLD.body AS BLOB)), 0)
  WHERE namespace = OLD.namespace;
  DELETE FROM _gw_idempotency_use WHERE namespace = OLD.namespace AND records <= 0;
END;
