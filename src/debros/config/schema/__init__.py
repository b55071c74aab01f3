"""The schemas: the one home of every default, rule, help text, environment variable and flag."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from debros.config.crossrules import GATEWAY_RULES, NODE_RULES, CrossRule
from debros.config.problems import KeyPath
from debros.config.schema.common import DEV_LOCAL_ENV
from debros.config.schema.fields import Field
from debros.config.schema.gateway import GATEWAY_FIELDS
from debros.config.schema.node import NODE_FIELDS
from debros.config.schema.shorthands import SHORTHANDS, Shorthand
from debros.config.types import GatewayConfig, NodeConfig

__all__ = ["DEV_LOCAL_ENV", "GATEWAY", "NODE", "Field", "FileSchema", "Kind", "for_kind"]

Kind = Literal["node", "gateway"]


@dataclass(frozen=True)
class FileSchema:
    """One kind of configuration file.

    Attributes:
        kind: node (bootstrap.yaml too) or gateway.
        fields: the cerberus schema.
        config: the record it becomes.
        rules: what concerns several values at once.
        shorthands: flags that set several values at once.
    """

    kind: Kind
    fields: dict[str, Field]
    config: type[NodeConfig | GatewayConfig]
    rules: tuple[CrossRule, ...]
    shorthands: Mapping[str, Shorthand]

    def leaves(self) -> Iterator[tuple[KeyPath, Field]]:
        """Every key that holds a value, in the order of the schema."""
        for name, field in self.fields.items():
            if field["type"] == "dict":
                for key, inner in field["schema"].items():
                    yield (name, key), inner
            else:
                yield (name,), field


NODE = FileSchema("node", NODE_FIELDS, NodeConfig, NODE_RULES, SHORTHANDS)
GATEWAY = FileSchema("gateway", GATEWAY_FIELDS, GatewayConfig, GATEWAY_RULES, {})


def for_kind(kind: str) -> FileSchema:
    """The schema of a kind of file; ``bootstrap`` has that of ``node``.

    Raises:
        ValueError: there is no such kind.
    """
    try:
        return {"node": NODE, "bootstrap": NODE, "gateway": GATEWAY}[kind]
    except KeyError:
        raise ValueError(f"no configuration file of kind {kind!r}; there are node, bootstrap and gateway") from None
