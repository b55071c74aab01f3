"""gateway.yaml: every key with its default, rule, help text, environment variable and flag."""

from debros.config.schema import fields
from debros.config.schema.common import LOGGING, security
from debros.config.schema.limits import LIMITS
from debros.config.schema.writes import WRITES

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
    "How wallets sign in, and how long what they get is good.",
    {
        "access_token_lifetime": fields.duration("15m", "Lifetime of an access token.", above=0),
        "refresh_token_lifetime": fields.duration("720h", "Lifetime of a refresh token.", above=0),
        "nonce_lifetime": fields.duration("5m", "How long a sign-in challenge may be answered.", above=0),
        "clock_skew": fields.duration("60s", "Difference of clocks that token times forgive."),
        "allow_bare_nonce": fields.boolean(True, "Accept a signature over the nonce alone, as older clients send it."),
        "domains": fields.strings(
            [],
            "Names (host or host:port) that sign-in messages may carry. Empty: the name the caller used, which a page "
            "between a wallet and the gateway can choose.",
            each={"check_with": "host", "empty": False},
            unique=["duplicate domain", "text"],
            rule="`host` or `host:port`; no duplicates; required without allow_bare_nonce",
        ),
        "reserved_namespaces": fields.strings(
            [],
            "Namespaces that no wallet can claim by signing in first: static keys and invited wallets only.",
            each={"check_with": "namespace"},
            unique=["duplicate namespace", "text"],
            rule="`[a-z0-9][a-z0-9_-]{0,62}`; no duplicates",
        ),
        "server_key_file": fields.path(
            "",
            "The cluster's secret, the same at every gateway, under which API keys and refresh tokens are kept as "
            "digests. Empty: one in the database, shared by all gateways without this file.",
            check_with="server_key_file",
            used_by="gateway",
            rule="one line of 32 to 1024 characters; must be readable, and not by everybody",
        ),
        "signing_key_lifetime": fields.duration(
            "168h", "How long one key signs access tokens before the next one takes over.", above=0
        ),
        "audit_retention": fields.duration("2160h", "How long records of the audit table are kept; 0 for ever."),
    },
)

_RATES = fields.section(
    "How often one caller may ask: so many a second in the long run, and a burst at once after a silence.",
    {
        "requests_per_second": fields.integer(10_000, "Requests of one address, and of one credential.", above=0),
        "requests_burst": fields.integer(20_000, "Of them at once.", above=0),
        "sign_in_per_second": fields.integer(
            20, "Requests of one address, and of one credential, to POST /v1/auth/*.", above=0
        ),
        "sign_in_burst": fields.integer(300, "Of them at once.", above=0),
        "failures_per_second": fields.integer(5, "Unknown credentials that one address may try.", above=0),
        "failures_burst": fields.integer(100, "Of them at once.", above=0),
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
    "metrics_addr": fields.text(
        "127.0.0.1:8001",
        "Address of the figures for Prometheus (GET /metrics), which name no tenant but are nobody else's business "
        "either; empty for none.",
        check_with="listen_addr_or_none",
        rule="`host:port` or `:port`, when given; another port than listen_addr",
    ),
    "workers": fields.workers(
        1,
        "Processes that serve side by side; several, or auto for one a core, let a host with several cores serve more.",
        rule="a number from 1 to 64, or `auto`",
        env="GATEWAY_WORKERS",
        flag="--workers",
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
        "Peers for a gateway without a node on its host, such as /ip4/192.0.2.10/tcp/4001/p2p/12D3KooW…. With them the "
        "gateway runs its own connections to exactly these, and p2p_socket is not used. Empty: the node on this host.",
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
            "help": 'Static keys, each "key:namespace" (split at the last colon), or "key:namespace admin" for an '
            "operator's, or a mapping of key, namespace and scope. Keep the file at mode 0600.",
            "rule": "no duplicates; never shown",
            "env": "GATEWAY_API_KEYS",
            "secret": True,
        },
    },
    "api_keys_file": fields.path(
        "",
        "File with more static keys, one key:namespace a line, an operator's with the word admin behind it; empty "
        "lines and lines that start with # do not count.",
        check_with="api_keys_file",
        used_by="gateway",
        rule="lines key:namespace or key:namespace admin; must be readable, and not by everybody; no duplicates, also "
        "with api_keys",
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
    "trusted_proxies": fields.strings(
        [],
        "Addresses or networks of proxies before the gateway, whose X-Forwarded-For and X-Forwarded-Proto count.",
        each={"check_with": "network"},
        unique=["duplicate network", "text"],
        rule="an address or a network such as 10.0.0.0/8; no duplicates",
    ),
    "limits": LIMITS,
    "rates": _RATES,
    "writes": WRITES,
    "pubsub": _PUBSUB,
    "auth": _AUTH,
    "security": security("Serve TLS with the two files below."),
    "logging": LOGGING,
}
