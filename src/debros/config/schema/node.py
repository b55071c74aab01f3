"""node.yaml and bootstrap.yaml: every key with its default, rule, help text, environment variable and flag."""

from debros.config.schema import fields
from debros.config.schema.common import LOGGING, security
from debros.config.schema.rqlite import RQLITE_ACCESS

_PEER_RULE = "multiaddr with `/tcp` and `/p2p`, or a bare host; no duplicates"

_NODE = fields.section(
    "Who this node is and where it listens.",
    {
        "id": fields.text(
            "",
            "Name of the node. Generated from the peer id when empty, and stable across restarts.",
            check_with="node_id",
            rule="letters, digits and `. _ : -`, at most 128",
            env="NODE_ID",
            flag="--id",
        ),
        "type": fields.text(
            "node",
            "bootstrap starts a cluster, node joins one.",
            one_of=["bootstrap", "node"],
            env="NODE_TYPE",
        ),
        "listen_addresses": fields.strings(
            ["/ip4/0.0.0.0/tcp/4001"],
            "Multiaddrs on which libp2p listens.",
            empty=False,
            each={"check_with": "listen_multiaddr"},
            unique=["duplicate listen address", "multiaddr"],
            rule="not empty; IP multiaddrs with `/tcp`; no duplicates",
            local=["/ip4/127.0.0.1/tcp/4001"],
        ),
        "data_dir": fields.path(
            "./data",
            "Where the node keeps its state. `~` and `$VAR` expand.",
            check_with="directory",
            used_by="node",
            rule="must exist or be creatable, and be writable",
            flag="--data",
        ),
        "key_file": fields.path(
            "",
            "The node's libp2p private key. Empty: identity.key in data_dir.",
        ),
        "p2p_socket": fields.path(
            "",
            "Unix socket on which the node serves gateways of this host. Empty: debros-p2p.sock in data_dir.",
            check_with="socket_path",
            rule="at most 107 bytes",
        ),
        "max_connections": fields.integer(
            50,
            "How many peers may be connected at once.",
            above=0,
        ),
        "solana_wallet": fields.text(
            "",
            "The operator's reward address. Kept; nothing pays rewards yet.",
            check_with="solana_wallet",
            rule="base58, 32 bytes, when given",
        ),
    },
)

_DATABASE = fields.section(
    "The rqlite process beside the node.",
    {
        "data_dir": fields.path(
            "./data/db",
            "rqlite's directory. With the flag --data, and unless it is set, db in that directory.",
            check_with="directory",
            used_by="rqlited",
            rule="must exist or be creatable, and be writable",
        ),
        "replication_factor": fields.integer(
            3,
            "How many voters the cluster wants. Below it health says under-replicated; hosts beyond it join read-only.",
            at_least=1,
        ),
        "shard_count": fields.integer(
            16,
            "Accepted for compatibility: rqlite replicates and does not shard.",
            at_least=1,
        ),
        "max_database_size": fields.integer(
            1_073_741_824,
            "Bytes, 0 for no limit. At the limit, writes that grow the database get 507; reads and deletes go on. The "
            "gateways hold it: set the same limits.max_database_size in gateway.yaml (the Ansible roles do).",
            at_least=0,
        ),
        "backup_interval": fields.duration(
            "24h",
            "Time between hot backups by the leader; 0 turns them off. `debros-host backup` takes them, which the "
            "installer's timer runs; node and rqlite alone take none.",
        ),
        "rqlite_port": fields.port(
            5001,
            "Port of rqlite's HTTP API.",
            env="RQLITE_PORT",
            flag="--rqlite-http-port",
        ),
        "rqlite_raft_port": fields.port(
            7001,
            "Port of rqlite's Raft protocol.",
            rule="must differ from database.rqlite_port",
            env="RQLITE_RAFT_PORT",
            flag="--rqlite-raft-port",
        ),
        "rqlite_join_address": fields.text(
            "",
            "Raft address (host:port) of a member of the cluster to join; several are separated by commas.",
            check_with="host_ports",
            rule="host:port; required for type node, empty for type bootstrap; the node's own only with "
            "rqlite_bootstrap_expect",
            env="RQLITE_JOIN_ADDRESS",
            flag="--rqlite-join-address",
        ),
        "rqlite_bootstrap_expect": fields.integer(
            0,
            "How many voters of rqlite_join_address, this node included, form a new cluster together. Until so many "
            "are there, or a cluster exists to join, rqlite waits. 0: join only.",
            at_least=0,
            rule="at most the addresses in rqlite_join_address, this node's own among them",
        ),
        "rqlite_binary": fields.path(
            "",
            "The rqlited program. Empty: search for it.",
        ),
        "rqlite_raft_listen": fields.text(
            "",
            "Address (host:port) on which rqlite listens for Raft. Empty: derived from the advertised address.",
            check_with="host_port",
            rule="host:port, when given",
        ),
        "rqlite_http_listen": fields.text(
            "127.0.0.1",
            "Where rqlite's HTTP API listens: loopback, or all addresses for machines that the firewall lets in. It is "
            "plain HTTP with passwords, for private networks only.",
            one_of=["127.0.0.1", "0.0.0.0", "::"],  # noqa: S104 - the operator's choice, not the default
            rule="all addresses only with rqlite_auth_file",
        ),
        **RQLITE_ACCESS,
    },
)

_DISCOVERY = fields.section(
    "How the node finds others and how others reach it.",
    {
        "bootstrap_peers": fields.strings(
            [],
            "Peers to connect to first, such as /ip4/192.0.2.10/tcp/4001/p2p/12D3KooW….",
            each={"check_with": "bootstrap_peer"},
            unique=["duplicate bootstrap peer", "multiaddr"],
            rule=_PEER_RULE,
            env="BOOTSTRAP_PEERS",
        ),
        "discovery_interval": fields.duration(
            "15s",
            "Time between two rounds of peer exchange, in which the node asks peers whom they know, and dials those.",
            above=0,
        ),
        "bootstrap_port": fields.port(
            4001,
            "Port of a bootstrap peer that is given as a bare host.",
        ),
        "http_adv_address": fields.text(
            "",
            "Host or host:port that rqlite advertises for its HTTP API.",
            check_with="host",
            rule="host or host:port, when given",
            local="127.0.0.1",
        ),
        "raft_adv_address": fields.text(
            "",
            "Host or host:port that rqlite advertises for Raft.",
            check_with="host",
            rule="host or host:port, when given",
            local="127.0.0.1",
        ),
        "node_namespace": fields.text(
            "default",
            "Namespace of node identifiers. No effect yet: they carry none.",
            check_with="namespace",
            rule="`[a-z0-9][a-z0-9_-]{0,62}`",
        ),
    },
)

NODE_FIELDS = {
    "node": _NODE,
    "database": _DATABASE,
    "discovery": _DISCOVERY,
    "security": security(
        "No effect on a node: libp2p encrypts with Noise, rqlite with the rqlite_tls files; gateway.yaml has this "
        "section too. The two files are checked all the same."
    ),
    "logging": LOGGING,
}
