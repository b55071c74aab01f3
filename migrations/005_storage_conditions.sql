-- Key-value storage gets content types, versions and an end. Columns are only added, with constants for what is there:
-- SQLite then rewrites no row, however large the table is.

-- As it was sent; empty for application/octet-stream.
ALTER TABLE _gw_kv ADD COLUMN content_type TEXT NOT NULL DEFAULT '';
-- Random, new with every put: what is between the quotes of the ETag. Empty for a value put by an older gateway, whose
-- ETag is made of updated_at.
ALTER TABLE _gw_kv ADD COLUMN version TEXT NOT NULL DEFAULT '';
-- Milliseconds since 1970 (UTC) by the clock of the gateway that took the value; NULL for a value without an end. From
-- then on no gateway shows the value, and later one of them removes it.
ALTER TABLE _gw_kv ADD COLUMN expires_at INTEGER;

-- Only of values with an end. The first answers whether a key in a listing is over: the column itself stands behind the
-- value, which may have megabytes. The second has what is over in the order in which it is removed, and how large it is.
CREATE INDEX _gw_kv_ends ON _gw_kv (key, expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX _gw_kv_ended ON _gw_kv (expires_at, key, size) WHERE expires_at IS NOT NULL;

-- While a cluster is upgraded host by host, older gateways go on writing. They know nothing of the new columns, and what
-- those say is true of the former value only.
CREATE TRIGGER _gw_kv_put_by_an_older_gateway AFTER UPDATE OF value ON _gw_kv WHEN NEW.version = OLD.version
BEGIN
  UPDATE _gw_kv SET content_type = '', version = '', expires_at = NULL WHERE key = NEW.key;
END;
