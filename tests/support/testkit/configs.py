"""Hypothesis strategies for valid configuration documents, as plain values of YAML."""

import base58
from hypothesis import strategies as st

from debros.config.durations import Duration

ports = st.integers(1, 65535)
names = st.from_regex(r"[a-z][a-z0-9-]{0,10}[a-z0-9]\.example", fullmatch=True)
namespaces = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,62}", fullmatch=True)
positive = st.integers(1, 2**40)
hosts = st.one_of(names, st.ip_addresses(v=4).map(str), st.ip_addresses(v=6).map(lambda ip: f"[{ip}]"))
host_ports = st.builds("{}:{}".format, hosts, ports)
# Of a domain of their own, because a node cannot join itself.
members = st.lists(st.builds("{}.members:{}".format, names, ports), min_size=1, max_size=3, unique_by=str.lower).map(
    ",".join
)
durations = st.integers(1, 10**9).map(lambda milliseconds: str(Duration(milliseconds / 1000)))
durations_or_zero = durations | st.just("0s") | st.just(0)
peer_ids = st.binary(min_size=32, max_size=32).map(
    lambda raw: base58.b58encode(bytes.fromhex("002408011220") + raw).decode()
)
paths = st.from_regex(r"\./[A-Za-z0-9 ._-]{0,20}[a-z]", fullmatch=True)

_ip4 = st.ip_addresses(v=4).map("/ip4/{}".format)
_ip6 = st.ip_addresses(v=6).map("/ip6/{}".format)
_dns = st.builds("/{}/{}".format, st.sampled_from(["dns", "dns4", "dns6"]), names)
listen_addresses = st.builds("{}/tcp/{}".format, _ip4 | _ip6, ports)
peers = st.builds("{}/tcp/{}/p2p/{}".format, _ip4 | _ip6 | _dns, ports, peer_ids)
bare_peers = names | st.ip_addresses().map(str)
urls = st.builds("{}://{}".format, st.sampled_from(["http", "https"]), host_ports)
origins = st.builds("https://{}{}".format, hosts, ports.map(":{}".format) | st.sampled_from(["", ":*"]))
api_keys = st.builds(
    lambda key, name, short: f"{key}:{name}" if short else {"key": key, "namespace": name},
    st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=40),
    namespaces,
    st.booleans(),
)


def _key_of(item):
    return item["key"] if isinstance(item, dict) else item.rpartition(":")[0]


def securities(pair):
    """TLS off, or on with a pair of files that fit each other."""
    key, certificate = pair
    on = {"enable_tls": True, "private_key_file": str(key), "certificate_file": str(certificate)}
    return st.sampled_from([{}, {"enable_tls": False, "private_key_file": "./none"}, on])


_loggings = st.fixed_dictionaries(
    {},
    optional={
        "level": st.sampled_from(["debug", "info", "warn", "error"]),
        "format": st.sampled_from(["json", "console"]),
        "output_file": paths | st.just(""),
    },
)


@st.composite
def nodes(draw, pair):
    """A valid node.yaml or bootstrap.yaml."""
    type_ = draw(st.sampled_from(["node", "bootstrap"]))
    http, raft = draw(st.lists(ports, min_size=2, max_size=2, unique=True))
    sections = {
        "node": st.fixed_dictionaries(
            {"type": st.just(type_)},
            optional={
                "id": st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,30}", fullmatch=True),
                "listen_addresses": st.lists(listen_addresses, min_size=1, max_size=3, unique=True),
                "data_dir": paths,
                "key_file": paths | st.just(""),
                "p2p_socket": paths | st.just(""),
                "max_connections": positive,
                "solana_wallet": st.binary(min_size=32, max_size=32).map(lambda raw: base58.b58encode(raw).decode()),
            },
        ),
        "database": st.fixed_dictionaries(
            {
                "rqlite_join_address": members if type_ == "node" else st.just(""),
                "rqlite_port": st.just(http),
                "rqlite_raft_port": st.just(raft),
            },
            optional={
                "data_dir": paths,
                "replication_factor": positive,
                "shard_count": positive,
                "max_database_size": st.just(0) | positive,
                "backup_interval": durations_or_zero,
                "rqlite_binary": paths,
                "rqlite_raft_listen": host_ports,
                "rqlite_http_listen": st.just("127.0.0.1"),
            },
        ),
        "discovery": st.fixed_dictionaries(
            {},
            optional={
                "bootstrap_peers": st.lists(peers | bare_peers, max_size=3, unique=True),
                "discovery_interval": durations,
                "bootstrap_port": ports,
                "http_adv_address": hosts | host_ports,
                "raft_adv_address": hosts | host_ports,
                "node_namespace": namespaces,
            },
        ),
        "security": securities(pair),
        "logging": _loggings,
    }
    return draw(st.fixed_dictionaries(sections))


@st.composite
def gateways(draw, pair):
    """A valid gateway.yaml."""
    seconds = ("read_timeout", "write_timeout", "header_timeout", "idle_timeout")
    counts = ("max_body_bytes", "max_rows", "max_statements", "max_connections")
    lifetimes = ("access_token_lifetime", "refresh_token_lifetime", "nonce_lifetime")
    keys = {
        "listen_addr": host_ports | ports.map(":{}".format),
        "client_namespace": namespaces,
        "bootstrap_peers": st.lists(peers, max_size=3, unique=True),
        "rqlite_dsn": urls | host_ports,
        "rqlite_nodes": st.lists(urls, max_size=3, unique=True),
        "require_auth": st.booleans(),
        "api_keys": st.lists(api_keys, max_size=3, unique_by=_key_of),
        "p2p_socket": paths,
        "data_dir": paths,
        "cors_origins": st.lists(origins, max_size=3, unique=True) | st.just(["*"]),
        "limits": st.fixed_dictionaries(
            {}, optional={**dict.fromkeys(seconds, durations), **dict.fromkeys(counts, positive)}
        ),
        "pubsub": st.fixed_dictionaries(
            {},
            optional={
                "ws_envelope": st.sampled_from(["raw", "json"]),
                "ws_queue": positive,
                "ping_interval": durations,
                "topic_linger": durations_or_zero,
            },
        ),
        "auth": st.fixed_dictionaries(
            {},
            optional={
                **dict.fromkeys(lifetimes, durations),
                "clock_skew": durations_or_zero,
                "domains": st.lists(hosts | host_ports, min_size=1, max_size=3, unique_by=str.lower),
                "reserved_namespaces": st.lists(namespaces, max_size=3, unique=True),
                "signing_key_lifetime": durations,
                "audit_retention": durations_or_zero,
            },
        ),
        "rates": st.fixed_dictionaries({}, optional=dict.fromkeys(("sign_in_burst", "failures_per_second"), positive)),
        "writes": st.fixed_dictionaries(
            {},
            optional={"group_commit": st.booleans(), "batch": positive, "namespace_share": st.integers(1, 100)},
        ),
        "trusted_proxies": st.lists(st.ip_addresses().map(str), max_size=3, unique=True),
        "security": securities(pair),
        "logging": _loggings,
    }
    document = draw(st.fixed_dictionaries({"listen_addr": keys.pop("listen_addr")}, optional=keys))
    return {**{name: {} for name in ("limits", "rates", "writes", "pubsub", "auth", "security", "logging")}, **document}
