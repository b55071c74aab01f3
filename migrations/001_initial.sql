-- The gateway's own tables. They start with _gw_, a prefix no tenant's physical name can have (those are n<id>_...).
-- Times are integers in milliseconds since 1970 (UTC), always supplied by the gateway: a DEFAULT CURRENT_TIMESTAMP
-- would be evaluated on every node by its own clock, and again when the Raft log is replayed.

-- Namespaces and the number that prefixes their tables. AUTOINCREMENT: a number is never given out twice, so the
-- tables of a deleted namespace can never appear in a new one.
CREATE TABLE _gw_namespaces (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  name       TEXT    NOT NULL UNIQUE,
  created_at INTEGER NOT NULL
);

-- Key-value storage. `key` is ns::<namespace>::<the caller's key>; a namespace holds no colon, so one can never be
-- mistaken for another. `size` is length(value), kept so that listing keys and counting use need not read the values.
-- A rowid table, because values may have megabytes: in a WITHOUT ROWID table they would stand in the tree of keys.
CREATE TABLE _gw_kv (
  key        TEXT    NOT NULL PRIMARY KEY,
  value      BLOB    NOT NULL,
  size       INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
);
