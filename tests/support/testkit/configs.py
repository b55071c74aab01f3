"""Hypothesis strategies for valid configuration documents, as plain values of YAML: every key can be drawn."""

import base58
from hypothesis import strategies as st

from testkit import configvalues as values
from testkit.configfiles import RAFT_NAME


def section(full, required, optional):
    """A mapping that has each optional key or not; with ``full`` it has them all."""
    if full:
        return st.fixed_dictionaries({**required, **optional})
    return st.fixed_dictionaries(required, optional=optional)


def securities(files, full):
    """TLS off, or on with a pair of files that fit each other."""
    on = {"enable_tls": True, "private_key_file": str(files.key), "certificate_file": str(files.certificate)}
    off = {"enable_tls": False, "private_key_file": "./none", "certificate_file": "./none"}
    return st.sampled_from([on, off]) if full else st.sampled_from([{}, on, off])


def _loggings(full):
    return section(
        full,
        {},
        {
            "level": st.sampled_from(["debug", "info", "warn", "error"]),
            "format": st.sampled_from(["json", "console"]),
            "output_file": values.paths | st.just(""),
        },
    )


@st.composite
def clients(draw, _files, full=None):
    """A valid client.yaml; ``full`` with every key (by default sometimes). One key at most names a gateway."""
    full = draw(st.booleans()) if full is None else full
    named = {"gateway": "", "bootstrap": "", "production": False}
    naming = {
        "gateway": values.urls | values.host_ports,
        "bootstrap": values.peers.filter(lambda peer: int(peer.split("/")[4]) <= 63535),
        "production": st.just(True),
    }
    one = draw(st.sampled_from([*naming, None]))
    others = named if full else draw(st.sampled_from([named, {}]))
    switches = dict.fromkeys(("no_input", "quiet", "verbose"), st.booleans())
    files = dict.fromkeys(("api_key_file", "credentials_file", "key_file"), values.paths | st.just(""))
    switches["namespace"] = values.namespaces | st.just("")
    form = {"format": st.sampled_from(["table", "json"]), "timeout": values.durations}
    return others | ({one: draw(naming[one])} if one else {}) | draw(section(full, {}, switches | files | form))


@st.composite
def nodes(draw, files, full=None):
    """A valid node.yaml or bootstrap.yaml; ``full`` with every key (by default sometimes)."""
    full = draw(st.booleans()) if full is None else full
    type_ = draw(st.sampled_from(["node", "bootstrap"]))
    http, raft = draw(st.lists(values.ports, min_size=2, max_size=2, unique=True))
    document = {
        "node": draw(_node(full, type_)),
        "database": draw(
            section(
                full,
                {
                    "rqlite_join_address": values.members if type_ == "node" else st.just(""),
                    "rqlite_port": st.just(http),
                    "rqlite_raft_port": st.just(raft),
                },
                {
                    "data_dir": values.paths,
                    "replication_factor": values.positive,
                    "shard_count": values.positive,
                    "max_database_size": st.just(0) | values.positive,
                    "backup_interval": values.durations_or_zero,
                    "rqlite_bootstrap_expect": st.just(0),
                    "rqlite_binary": values.paths,
                    "rqlite_raft_listen": values.host_ports,
                    "rqlite_credentials_file": st.sampled_from(["", str(files.credentials)]),
                },
            )
        )
        | draw(_access(files, full))
        | draw(_raft_tls(files, full)),
        "discovery": draw(
            section(
                full,
                {},
                {
                    "bootstrap_peers": st.lists(values.peers | values.bare_peers, max_size=3, unique=True),
                    "discovery_interval": values.durations,
                    "bootstrap_port": values.ports,
                    "http_adv_address": values.hosts | values.host_ports,
                    "raft_adv_address": values.hosts | values.host_ports,
                    "node_namespace": values.namespaces,
                },
            )
        ),
        "security": draw(securities(files, full)),
        "logging": draw(_loggings(full)),
    }
    if type_ == "node" and draw(st.booleans()):
        _counts_itself(document, draw)
    return document


def _node(full, type_):
    return section(
        full,
        {"type": st.just(type_)},
        {
            "id": st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,30}", fullmatch=True),
            "listen_addresses": st.lists(values.listen_addresses, min_size=1, max_size=3, unique=True),
            "data_dir": values.paths,
            "key_file": values.paths | st.just(""),
            "p2p_socket": values.paths | st.just(""),
            "max_connections": values.positive,
            "solana_wallet": st.binary(min_size=32, max_size=32).map(lambda raw: base58.b58encode(raw).decode()),
        },
    )


def _access(files, full):
    """Whom rqlite lets in: only with its list of users may it listen on all addresses."""
    closed = section(
        full,
        {},
        {
            "rqlite_auth_file": st.just(str(files.auth)),
            "rqlite_join_as": st.sampled_from(["cluster", "other"]),
            "rqlite_http_listen": st.just("127.0.0.1"),
        },
    )
    open_ = closed.map(lambda keys: keys | {"rqlite_auth_file": str(files.auth), "rqlite_http_listen": "0.0.0.0"})
    nobody = section(
        full,
        {"rqlite_auth_file": st.just("")},
        {"rqlite_join_as": values.users, "rqlite_http_listen": st.just("127.0.0.1")},
    )
    return closed.filter(lambda keys: "rqlite_auth_file" in keys) | open_ | nobody


def _raft_tls(files, full):
    three = {
        "rqlite_tls_cert_file": str(files.raft_certificate),
        "rqlite_tls_key_file": str(files.raft_key),
        "rqlite_tls_ca_file": str(files.raft_authority),
    }
    on = st.just({**three, "rqlite_tls_server_name": RAFT_NAME})
    off = section(full, dict.fromkeys(three, st.just("")), {"rqlite_tls_server_name": values.dns_names})
    return on | off


def _counts_itself(document, draw):
    """Let the node be one of those that form a new cluster, at an address that no other key has a part in."""
    database, own = document["database"], f"itself.example:{draw(values.ports)}"
    document["discovery"]["raft_adv_address"] = own
    database["rqlite_join_address"] += f",{own}"
    database["rqlite_bootstrap_expect"] = draw(st.integers(1, database["rqlite_join_address"].count(",") + 1))


@st.composite
def gateways(draw, files, full=None):
    """A valid gateway.yaml; ``full`` with every key (by default sometimes)."""
    full = draw(st.booleans()) if full is None else full
    api, metrics = draw(st.lists(values.ports, min_size=2, max_size=2, unique=True))
    document = draw(
        section(
            full,
            {
                "listen_addr": values.hosts.map(f"{{}}:{api}".format) | st.just(f":{api}"),
                "metrics_addr": values.hosts.map(f"{{}}:{metrics}".format) | st.sampled_from([f":{metrics}", ""]),
            },
            {
                "workers": st.integers(1, 64),
                "client_namespace": values.namespaces,
                "bootstrap_peers": st.lists(values.peers, max_size=3, unique=True),
                "rqlite_dsn": values.urls | values.host_ports,
                "rqlite_nodes": st.lists(values.urls, max_size=3, unique=True),
                "rqlite_credentials_file": st.sampled_from(["", str(files.credentials)]),
                "require_auth": st.booleans(),
                "api_keys": st.lists(values.api_keys, max_size=3, unique_by=values.key_of),
                "api_keys_file": st.sampled_from(["", str(files.api_keys)]),
                "p2p_socket": values.paths,
                "data_dir": values.paths,
                "cors_origins": st.lists(values.origins, max_size=3, unique=True) | st.just(["*"]),
                "trusted_proxies": st.lists(values.networks, max_size=3, unique=True),
                "limits": _limits(full),
                "rates": _numbers(full, *(f"{what}_{of}" for what in RATES for of in ("per_second", "burst"))),
                "writes": _writes(full),
                "pubsub": _pubsub(full),
                "auth": _auth(files, full),
                "security": securities(files, full),
                "logging": _loggings(full),
            },
        )
    )
    sections = ("limits", "rates", "writes", "pubsub", "auth", "security", "logging")
    return {**{name: {} for name in sections}, **document}


RATES = ("requests", "sign_in", "failures")
COUNTS = (
    *("max_body_bytes", "max_value_bytes", "max_rows", "max_response_bytes", "max_sql_bytes"),
    *("max_statements", "max_tables", "max_idempotency_keys", "max_idempotency_bytes", "max_key_bytes"),
    *("max_topic_bytes", "max_topics", "max_member_bytes", "max_connections", "max_sockets"),
)
TIMEOUTS = ("read_timeout", "write_timeout", "header_timeout", "idle_timeout")
LIFETIMES = ("access_token_lifetime", "refresh_token_lifetime", "nonce_lifetime", "signing_key_lifetime")


def _numbers(full, *keys):
    return section(full, {}, dict.fromkeys(keys, values.positive))


def _limits(full):
    return section(
        full,
        {},
        {
            **dict.fromkeys(COUNTS, values.positive),
            **dict.fromkeys(TIMEOUTS, values.durations),
            "max_message_bytes": st.integers(1, 1_048_576),
            "max_database_size": st.just(0) | values.positive,
            # Together at most 25 s, the defaults (0 s and 8 s) included.
            "drain_delay": values.milliseconds(0, 10_000),
            "drain_timeout": values.milliseconds(1, 15_000),
        },
    )


def _writes(full):
    return section(
        full,
        {},
        {
            "group_commit": st.booleans(),
            "namespace_share": st.integers(1, 100),
            **dict.fromkeys(("batch", "batch_bytes", "waiting", "waiting_bytes"), values.positive),
        },
    )


def _pubsub(full):
    return section(
        full,
        {},
        {
            "ws_envelope": st.sampled_from(["raw", "json"]),
            "ws_queue": values.positive,
            "ping_interval": values.durations,
            "topic_linger": values.durations_or_zero,
            "relay_timeout": values.durations,
        },
    )


def _auth(files, full):
    """How wallets sign in; only with names of its own may a gateway refuse bare nonces."""
    domains = st.lists(values.hosts | values.host_ports, min_size=1, max_size=3, unique_by=str.lower)
    others = section(
        full,
        {},
        {
            **dict.fromkeys(LIFETIMES, values.durations),
            "clock_skew": values.durations_or_zero,
            "reserved_namespaces": st.lists(values.namespaces, max_size=3, unique=True),
            "server_key_file": st.sampled_from(["", str(files.server_key)]),
            "audit_retention": values.durations_or_zero,
        },
    )
    bound = st.fixed_dictionaries({"allow_bare_nonce": st.booleans(), "domains": domains})
    free = section(full, {}, {"allow_bare_nonce": st.just(True), "domains": st.just([])})
    return st.builds(lambda one, other: one | other, others, bound | free)
