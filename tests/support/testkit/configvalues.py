"""Hypothesis strategies for single values of a configuration, as YAML has them."""

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


def milliseconds(least, most):
    return st.integers(least, most).map(lambda count: str(Duration(count / 1000)))


durations = milliseconds(1, 10**9)
durations_or_zero = durations | st.just("0s") | st.just(0)
peer_ids = st.binary(min_size=32, max_size=32).map(
    lambda raw: base58.b58encode(bytes.fromhex("002408011220") + raw).decode()
)
users = st.from_regex(r"[A-Za-z][A-Za-z0-9_.-]{0,20}", fullmatch=True)
dns_names = names
networks = st.ip_addresses().map(str) | st.integers(0, 2**24 - 1).map(
    lambda net: f"{net >> 16}.{net >> 8 & 255}.{net & 255}.0/24"
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
    lambda key, name, scope, short: (
        f"{key}:{name} {scope}".rstrip() if short else {"key": key, "namespace": name, "scope": scope}
    ),
    st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=40),
    namespaces,
    st.sampled_from(["", "admin"]),
    st.booleans(),
)


def key_of(item):
    return item["key"] if isinstance(item, dict) else item.rpartition(":")[0]
