"""The schemas: the one home of every default, rule, help text, environment variable and flag."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from debros.config.clientrules import CLIENT_RULES, NAMES_A_GATEWAY
from debros.config.crossrules import GATEWAY_RULES, NODE_RULES, CrossRule
from debros.config.problems import KeyPath
from debros.config.schema.client import CLIENT_FIELDS
from debros.config.schema.common import DEV_LOCAL_ENV
from debros.config.schema.fields import Field
from debros.config.schema.gateway import GATEWAY_FIELDS
from debros.config.schema.node import NODE_FIELDS
from debros.config.schema.shorthands import SHORTHANDS, Shorthand
from debros.config.types import ClientConfig, Config, GatewayConfig, NodeConfig

__all__ = ["CLIENT", "DEV_LOCAL_ENV", "GATEWAY", "NODE", "Field", "FileSchema", "Kind", "for_kind"]

Kind = Literal["node", "gateway", "client"]


@dataclass(frozen=True)
class FileSchema:
    """One kind of configuration file.

    Attributes:
        kind: node (bootstrap.yaml too), gateway or client.
        fields: the cerberus schema.
        config: the record it becomes.
        rules: what concerns several values at once.
        shorthands: flags that set several values at once.
        alternatives: keys of which a stronger source's replaces the weaker ones' of all.
    """

    kind: Kind
    fields: dict[str, Field]
    config: type[Config]
    rules: tuple[CrossRule, ...]
    shorthands: Mapping[str, Shorthand] = field(default_factory=dict)
    alternatives: tuple[KeyPath, ...] = ()

    def leaves(self) -> Iterator[tuple[KeyPath, Field]]:
        """Every key that holds a value, in the order of the schema."""
        for name, leaf in self.fields.items():
            if leaf["type"] == "dict":
                for key, inner in leaf["schema"].items():
                    yield (name, key), inner
            else:
                yield (name,), leaf


NODE = FileSchema("node", NODE_FIELDS, NodeConfig, NODE_RULES, SHORTHANDS)
GATEWAY = FileSchema("gateway", GATEWAY_FIELDS, GatewayConfig, GATEWAY_RULES)
CLIENT = FileSchema("client", CLIENT_FIELDS, ClientConfig, CLIENT_RULES, alternatives=NAMES_A_GATEWAY)


def for_kind(kind: str) -> FileSchema:
    """The schema of a kind of file; ``bootstrap`` has that of ``node``.

    Raises:
        ValueError: there is no such kind.
    """
    kinds = {"node": NODE, "bootstrap": NODE, "gateway": GATEWAY, "client": CLIENT}
    if kind not in kinds:
        raise ValueError(f"no configuration file of kind {kind!r}; there are {', '.join(kinds)}")
    return kinds[kind]
