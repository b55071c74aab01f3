"""Where things lie on a host that the playbooks set up."""

from pathlib import Path
from typing import Final

CONFIG: Final = Path("/opt/debros/configs/node.yaml")
GATEWAY_CONFIG: Final = Path("/opt/debros/configs/gateway.yaml")
KEYS: Final = Path("/opt/debros/keys")
BACKUPS: Final = Path("/opt/debros/data/backups")

# The variable with which systemd tells a service where its credentials are; our configuration files refer to it.
CREDENTIALS_VARIABLE: Final = "CREDENTIALS_DIRECTORY"

# Files in the directory of keys.
ADMIN_CREDENTIALS: Final = "rqlite-admin"
IDENTITY_KEY: Final = "identity.key"
RAFT_KEY: Final = "raft.key"
RAFT_CERTIFICATE: Final = "raft.crt"
RAFT_CA: Final = "raft-ca.crt"

# The DNS name in every host's Raft certificate (default of database.rqlite_tls_server_name).
RAFT_NAME: Final = "debros-raft"

# Who owns what the services need, when root writes it.
OWNER: Final = "debros"
