-- The p2p daemons of gateways without a node, by their libp2p peer id: what nodes do for members and not for strangers,
-- they do for these (debros.gateway.introduction). `seen_at` is when the gateway said so last, in milliseconds since
-- 1970 (UTC), by its clock.
CREATE TABLE _gw_clients (
  peer_id TEXT    NOT NULL PRIMARY KEY,
  seen_at INTEGER NOT NULL
) WITHOUT ROWID;
