"""UFW's rules as it stores them, and what has to be done so that ours among them are exactly right.

UFW keeps each rule in /etc/ufw/user.rules and user6.rules under a line that it reads back itself::

    ### tuple ### allow tcp 7001 0.0.0.0/0 any 192.0.2.11 in comment=646562726f733a2072616674
                  action proto port to    sport from     direction, interfaces

(`_read_rules` and `_write_rules` in ufw/backend_iptables.py; the same since 0.35.) Reading it costs nothing, shows both
address families and also works while UFW is switched off, which `ufw status` does not. Changes go through `ufw`.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field

PREFIX = "debros: "
# Made and removed by `debros-host door`, while an invite is open. The roles leave it alone.
DOOR = "debros-invite"
_MARK = "### tuple ###"
_ANY = {4: "0.0.0.0/0", 6: "::/0"}
_COMMENT = re.compile(r"[A-Za-z0-9 ._:,()/+-]{1,100}")  # what needs no quoting anywhere

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class RuleError(Exception):
    """A wanted rule is none; the text says which and why."""


@dataclass(frozen=True)
class Rule:
    """One rule of one address family.

    Attributes:
        family: 4 or 6.
        action: "allow", "deny", "reject" or "limit", with "_log" or "_log-all" where it logs.
        protocol: "tcp", "udp" or "any".
        port: Destination: "22", "22,80", "6000:6010" or "any".
        source: Whom it is for, as a network.
        comment: "" = none.
        extra: What else it depends on (interface, destination, source port, direction out, routing); "" = nothing.
    """

    family: int
    action: str
    protocol: str
    port: str
    source: str
    comment: str = ""
    extra: str = ""

    @property
    def ours(self) -> bool:
        """Whether we made it."""
        return self.comment.startswith(PREFIX) and not self.extra

    @property
    def key(self) -> tuple[int, str, str, str]:
        """What UFW tells rules apart by: a second rule with the same key replaces the first."""
        return self.family, self.protocol, self.port, self.source

    def lets_in(self, port: int) -> bool:
        """Tell whether it lets TCP connections to a port in, at least some of them."""
        if self.action.partition("_")[0] not in ("allow", "limit") or self.protocol not in ("tcp", "any"):
            return False
        elsewhere = any(word == "route" or word.startswith("out") for word in self.extra.split())
        return not elsewhere and _names(self.port, port)

    def is_for(self, address: Address | None) -> bool:
        """Tell whether it holds for an address on every interface; None = for everybody."""
        if self.extra:
            return False
        if address is None:
            return self.source == _ANY[self.family]
        return address.version == self.family and address in ipaddress.ip_network(self.source)

    def __str__(self) -> str:
        source = {_ANY[4]: "anywhere", _ANY[6]: "anywhere (v6)"}.get(self.source, self.source)
        return f"{self.action} {self.port}/{self.protocol} from {source}  # {self.comment}"


@dataclass(frozen=True)
class Wanted:
    """A rule that somebody asks for.

    Attributes:
        protocol: "tcp" or "udp".
        port: Destination.
        source: "any" or a network.
        comment: What it is for, without our prefix.
    """

    protocol: str
    port: int
    source: str
    comment: str

    def rules(self, *, ipv6: bool) -> list[Rule]:
        """Return it as UFW stores it: for everybody it is one rule in each address family."""
        if self.source == "any":
            families = (4, 6) if ipv6 else (4,)
        else:
            families = (ipaddress.ip_network(self.source).version,)
            if families == (6,) and not ipv6:
                return []
        return [
            Rule(
                family,
                "allow",
                self.protocol,
                str(self.port),
                _ANY[family] if self.source == "any" else self.source,
                f"{PREFIX}{self.comment}",
            )
            for family in families
        ]


@dataclass
class Plan:
    """What has to be done.

    Attributes:
        add: Rules to add or to change.
        remove: Rules of ours that nobody wants any more.
        kept: Rules of the operator's that stand where one of ours would; they stay as they are.
        right: Rules of ours that are as they should be.
    """

    add: list[Rule] = field(default_factory=list)
    remove: list[Rule] = field(default_factory=list)
    kept: list[Rule] = field(default_factory=list)
    right: list[Rule] = field(default_factory=list)


def wanted(port: int, protocol: str, sources: list[str], comment: str) -> list[Wanted]:
    """Return what one entry of the roles' data asks for; without sources that is nothing.

    Args:
        port: 1 to 65535.
        protocol: "tcp" or "udp".
        sources: "any", addresses or networks. None at all means that nobody is let in.
        comment: What it is for.

    Raises:
        RuleError: A value is wrong.
    """
    where = f"firewall rule for {port}/{protocol}"
    if not 1 <= port <= 65535:
        raise RuleError(f"{where}: a port is between 1 and 65535")
    if not _COMMENT.fullmatch(comment):
        raise RuleError(f"{where}: the comment {comment!r} must be 1 to 100 of: letters, digits, spaces, ._:,()/+-")
    found: dict[str, Wanted] = {}
    for source in sources:
        text = "any" if source == "any" else network(source, f"{where}: from")
        found.setdefault(text, Wanted(protocol, port, text, comment))
    return [found["any"]] if "any" in found else list(found.values())


def network(text: str, where: str) -> str:
    """Return an address or network as UFW stores it.

    Args:
        text: What was written.
        where: For the error.

    Raises:
        RuleError: It is none.
    """
    try:
        found = ipaddress.ip_network(text)
    except ValueError as error:
        hint = "" if "host bits" not in str(error) else f"; did you mean {ipaddress.ip_network(text, strict=False)}?"
        raise RuleError(f"{where}: {text!r} is no address or network{hint}") from None
    return stored(found)


def stored(found: Network) -> str:
    """Write a network as UFW stores it: a single address has no prefix length."""
    return str(found.network_address) if found.num_addresses == 1 else str(found)


def parse(text: str, family: int) -> list[Rule]:
    """Read UFW's file of one address family; lines that UFW itself would skip are skipped."""
    rules = []
    for line in text.splitlines():
        if not line.startswith(_MARK):
            continue
        body, _, comment = line[len(_MARK) :].partition(" comment=")
        words = body.split()
        if not 6 <= len(words) <= 9:
            continue
        action, protocol, port, target, source_port, source = words[:6]
        direction = words[-1] if len(words) in (7, 9) else "in"
        extra = [
            "" if target == _ANY[family] else f"to={target}",
            "" if source_port == "any" else f"sport={source_port}",
            "" if direction == "in" else direction,
        ]
        if action.startswith("route:"):
            extra.insert(0, "route")
        rules.append(Rule(family, action, protocol, port, source, _decoded(comment), " ".join(filter(None, extra))))
    return rules


def _decoded(comment: str) -> str:
    try:
        return bytes.fromhex(comment.strip()).decode(errors="replace")
    except ValueError:
        return ""


def _names(ports: str, port: int) -> bool:
    if ports == "any":
        return True
    for part in ports.split(","):
        low, _, high = part.partition(":")
        if int(low) <= port <= int(high or low):
            return True
    return False


def plan(wishes: list[Wanted], found: list[Rule], *, ipv6: bool) -> Plan:
    """Compare what is wanted with what there is; of two wishes for the same, the first names it.

    Args:
        wishes: All rules that are wanted.
        found: All rules that UFW has, of both address families.
        ipv6: Whether UFW handles IPv6.
    """
    result = Plan()
    there = {rule.key: rule for rule in found if not rule.extra}
    wanted_keys = set()
    for rule in (rule for wish in wishes for rule in wish.rules(ipv6=ipv6)):
        if rule.key in wanted_keys:
            continue
        wanted_keys.add(rule.key)
        present = there.get(rule.key)
        if present is None:
            result.add.append(rule)
        elif not present.ours:
            result.kept.append(present)
        elif present == rule:
            result.right.append(present)
        else:
            result.add.append(rule)
    result.remove = [rule for rule in found if rule.ours and rule.key not in wanted_keys]
    return result


def commands(rules: list[Rule], verb: list[str]) -> list[list[str]]:
    """Return ufw's arguments for rules; a rule for everybody in both families takes one command.

    Args:
        rules: The rules.
        verb: [] to add them, ["--force", "delete"] to delete them.
    """
    left, result = list(rules), []
    while left:
        rule = left.pop(0)
        source = rule.source
        twin = next((other for other in left if _twins(rule, other)), None)
        if twin is not None:
            left.remove(twin)
            source = "any"
        what = rule.action.replace("_", " ", 1).split()  # allow_log is written "allow log"
        who = ["proto", rule.protocol, "from", source, "to", "any", "port", rule.port]
        result.append([*verb, *what, *who, *([] if verb else ["comment", rule.comment])])
    return result


def _twins(one: Rule, other: Rule) -> bool:
    return {one.source, other.source} == set(_ANY.values()) and _apart_from_family(one) == _apart_from_family(other)


def _apart_from_family(rule: Rule) -> tuple[str, str, str, str]:
    return rule.action, rule.protocol, rule.port, rule.comment


def loaded(rule: Rule, listing: str) -> bool:
    """Tell whether the kernel has a rule of ours, given what `iptables -S` lists."""
    source = "" if rule.source == _ANY[rule.family] else f"-s {ipaddress.ip_network(rule.source)} "
    return f"{source}-p {rule.protocol} -m {rule.protocol} --dport {rule.port} -j ACCEPT" in listing
