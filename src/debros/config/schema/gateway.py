"""gateway.yaml: every key with its default, rule, help text, environment variable and flag."""

from debros.config.schema import fields
from debros.config.schema.common import LOGGING, SECURITY
from debros.config.schema.limits import LIMITS

_NAMESPACE_RULE = "`[a-z0-9][a-z0-9_-]{0,62}`"

_PUBSUB = fields.section(
    "WebSocket behaviour.",
    {
        "ws_envelope": fields.text(
            "raw",
            "raw sends payloads as binary frames, json as text frames with data, timestamp and topic.",
            allowed=["raw", "json"],
        ),
        "ws_queue": fields.integer(1024, "Messages that may wait for one slow socket.", above=0),
        "ping_interval": fields.duration("30s", "Time between pings; two missed pongs close the socket.", above=0),
        "topic_linger": fields.duration("60s", "How long a topic without sockets stays subscribed; 0 for not at all."),
        "relay_timeout": fields.duration("10s", "How long a publish waits for the node to come back.", above=0),
    },
)

_AUTH = fields.section(
    "Lifetimes of what sign-in hands out.",
    {
        "access_token_lifetime": fields.duration("15m", "Lifetime of an access token.", above=0),
        "refresh_token_lifetime": fields.duration("720h", "Lifetime of a refresh token.", above=0),
        "nonce_lifetime": fields.duration("5m", "How long a sign-in challenge may be answered.", above=0),
        "clock_skew": fields.duration("60s", "Difference of clocks that token times forgive."),
        "allow_bare_nonce": fields.boolean(True, "Accept a signature over the nonce alone, as older clients send it."),
    },
)

GATEWAY_FIELDS = {
    "listen_addr": fields.text(
        ":6001",
        "Address of the public API: :6001 for every interface, or host:port.",
        check_with="listen_addr",
        rule="`:port` or `host:port`",
        env="GATEWAY_ADDR",
        flag="--addr",
        local="127.0.0.1:6001",
    ),
    "client_namespace": fields.text(
        "default",
        "Namespace of the gateway's own client.",
        check_with="namespace",
        rule=_NAMESPACE_RULE,
        env="GATEWAY_NAMESPACE",
        flag="--namespace",
    ),
    "bootstrap_peers": fields.strings(
        [],
        "Peers that a gateway without a node on its host connects to, such as /ip4/192.0.2.10/tcp/4001/p2p/12D3KooW….",
        each={"check_with": "peer_multiaddr"},
        unique=["duplicate bootstrap peer", "multiaddr"],
        rule="multiaddr with `/tcp` and `/p2p`; no duplicates",
        env="GATEWAY_BOOTSTRAP_PEERS",
        flag="--bootstrap-peers",
    ),
    "rqlite_dsn": fields.text(
        "http://localhost:5001",
        "URL of rqlite's HTTP API. A password in it belongs in the file, not on the command line.",
        check_with="rqlite_url",
        rule="`http://host:port` or `https://host:port`",
        env="GATEWAY_RQLITE_DSN",
        flag="--rqlite-dsn",
        secret=True,
    ),
    "rqlite_nodes": fields.strings(
        [],
        "URLs of several rqlite nodes, tried in this order. Empty: rqlite_dsn alone.",
        each={"check_with": "rqlite_url"},
        unique=["duplicate rqlite node", "url"],
        rule="`http://host:port` or `https://host:port`; no duplicates",
        env="RQLITE_NODES",
        secret=True,
    ),
    "rqlite_credentials_file": fields.path(
        "",
        "User and password for rqlite, when it wants them: one line, user:password.",
        check_with="credentials_file",
        used_by="gateway",
        rule="one line user:password; must be readable, and not by everybody; not together with a user in a URL",
    ),
    "require_auth": fields.boolean(
        True,
        "Refuse callers without a credential.",
        env="GATEWAY_REQUIRE_AUTH",
        flag="--require-auth",
    ),
    "api_keys": {
        "type": "list",
        "default": [],
        "schema": {"type": "api_key", "check_with": "api_key"},
        "unique": ["duplicate API key", "api_key"],
        "meta": {
            "help": 'Static keys, each "key:namespace" (split at the last colon) or a mapping of key and namespace. '
            "Keep the file at mode 0600.",
            "rule": "no duplicates; never shown",
            "env": "GATEWAY_API_KEYS",
            "secret": True,
        },
    },
    "api_keys_file": fields.path(
        "",
        "File with more static keys, one key:namespace a line; empty lines and lines that start with # do not count.",
        check_with="api_keys_file",
        used_by="gateway",
        rule="key:namespace lines; must be readable, and not by everybody; no duplicates, also with api_keys",
    ),
    "p2p_socket": fields.path(
        "./data/debros-p2p.sock",
        "Unix socket of the node on this host.",
        check_with="socket_path",
        rule="at most 107 bytes",
    ),
    "data_dir": fields.path(
        "./data/gateway",
        "Where the gateway keeps its signing keys.",
        check_with="directory",
        used_by="gateway",
        rule="must exist or be creatable, and be writable",
    ),
    "cors_origins": fields.strings(
        ["http://localhost:*", "http://127.0.0.1:*", "https://localhost:*"],
        "Web origins that may call the API and open WebSockets, beside the gateway's own.",
        each={"check_with": "origin"},
        unique=["duplicate origin", "text"],
        lone="*",
        rule="`scheme://host[:port]` or `scheme://host:*`, or `*` alone; no duplicates",
    ),
    "limits": LIMITS,
    "pubsub": _PUBSUB,
    "auth": _AUTH,
    "security": SECURITY,
    "logging": LOGGING,
}
