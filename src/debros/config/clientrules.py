"""Rules of client.yaml that concern several values; see ``crossrules`` for their form."""

from collections.abc import Mapping
from typing import Any

from debros.config.crossrules import CrossRule
from debros.config.problems import Fault, KeyPath
from debros.config.situation import Situation

# Keys that each name a gateway: what a stronger source says about one of them replaces what weaker ones say about all.
NAMES_A_GATEWAY: tuple[KeyPath, ...] = (("gateway",), ("bootstrap",), ("production",))


def one_gateway(document: Mapping[str, Any], _situation: Situation) -> list[Fault]:
    """Whoever names the gateway in two ways would talk to one of them by surprise."""
    named = [path for path in NAMES_A_GATEWAY if document.get(str(path[0]))]
    return [Fault(path, f"{named[0][0]} names a gateway too", "give only one of them") for path in named[1:]]


CLIENT_RULES: tuple[CrossRule, ...] = (one_gateway,)
