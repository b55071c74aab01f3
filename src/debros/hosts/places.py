"""Where things lie on a host that the playbooks set up."""

from pathlib import Path
from typing import Final

CONFIG: Final = Path("/opt/debros/configs/node.yaml")
GATEWAY_CONFIG: Final = Path("/opt/debros/configs/gateway.yaml")
DATABASE: Final = Path("/opt/debros/data/db")
GATEWAY_DATA: Final = Path("/opt/debros/data/gateway")
KEYS: Final = Path("/opt/debros/keys")
BACKUPS: Final = Path("/opt/debros/data/backups")
CURRENT_RELEASE: Final = Path("/opt/debros/src/current")

# What the installer keeps of a cluster that manages itself, and below it.
ETC: Final = Path("/etc/debros")
SECRETS: Final = "secrets"
INVENTORY: Final = "inventory"
INVITES: Final = "invites"
# What the installer tells the roles of this host, beside the inventory.
INSTALLER_VARIABLES: Final = "installer.json"
# Which invites were used (StateDirectory= of debros-enrol.service), and which list of members this host works with.
CLAIMS: Final = Path("/var/lib/debros-enrol")
APPLIED_MEMBERS: Final = Path("/var/lib/debros-members/applied")
# The installer, and whoever else runs the roles on this host, holds it.
INSTALL_LOCK: Final = Path("/run/debros-install.lock")

# The variable with which systemd tells a service where its credentials are; our configuration files refer to it.
CREDENTIALS_VARIABLE: Final = "CREDENTIALS_DIRECTORY"
# The one with which the gateway's unit tells where the copies of its TLS certificate and key are.
TLS_VARIABLE: Final = "DEBROS_TLS_DIRECTORY"

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
