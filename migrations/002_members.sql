-- The hosts of a cluster that manages itself (made by the installer and grown by invites), one row each. A cluster with
-- a controller has its list in the controller's inventory, and this table stays empty.
-- `position` is the order of the inventory: the first database.replication_factor hosts vote. `peer_id` is empty until
-- the host has told it. `created_at` in milliseconds since 1970 (UTC).
CREATE TABLE _gw_members (
  name       TEXT    NOT NULL PRIMARY KEY COLLATE NOCASE,
  address    TEXT    NOT NULL UNIQUE,
  peer_id    TEXT    NOT NULL DEFAULT '',
  position   INTEGER NOT NULL UNIQUE,
  created_at INTEGER NOT NULL
);
