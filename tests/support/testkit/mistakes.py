"""A node.yaml with eight different mistakes, and what every program says of it."""

EIGHT_MISTAKES = """\
node:
  type: leader
  listen_addresses: ["/ip4/0.0.0.0/tcp/99999"]
  max_connections: 0
database:
  replicaton_factor: 3
  rqlite_raft_port: 5001
  rqlite_join_address: somewhere
discovery:
  bootstrap_peers: ["/ip4/127.0.0.1/tcp/4001"]
logging:
  level: verbose
"""
EIGHT_LINES = """\
Configuration errors (8):
  - node.type: must be one of [bootstrap node]; got "leader"
  - node.listen_addresses[0]: invalid TCP port 99999; port must be between 1 and 65535
  - node.max_connections: must be > 0; got 0
  - database.rqlite_raft_port: must differ from database.rqlite_port (5001)
  - database.rqlite_join_address: invalid format; expected host:port
  - database.replicaton_factor: unknown key (line 6); did you mean replication_factor?
  - discovery.bootstrap_peers[0]: missing /p2p/<peerID> component
  - logging.level: invalid value "verbose"; allowed values: debug, info, warn, error"""
