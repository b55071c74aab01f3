"""docs/limits.md: every limit that can be set, and the fixed ones as the code has them."""

import re
from pathlib import Path

from debros.config.schema import GATEWAY
from debros.gateway import app, preconditions
from debros.gateway.auth import apps, owners
from debros.gateway.openapi.codes import STATUS
from debros.gateway.openapi.limitpage import BEYOND, NO_LIMITS, limits
from debros.gateway.protocols.limits import MAX_HEAD_BYTES
from debros.gateway.pubsub import relay, session
from debros.gateway.routes import storage
from debros.p2p import protocol
from debros.p2p.server import SocketServer
from debros.tenants.sql import arguments, shadow
from debros.tenants.sql.grammar import expressions

ROOT = Path(__file__).parents[4]
PAGE = ROOT / "docs" / "limits.md"


def test_the_kept_page_is_the_one_the_schema_makes() -> None:
    assert PAGE.read_text() == limits(), "run `make openapi`"


def test_every_setting_that_bounds_something_is_there() -> None:
    sections = {"limits", "rates", "writes", "pubsub"}
    keys = {".".join(map(str, path)) for path, _ in GATEWAY.leaves() if path[0] in sections}
    assert keys == BEYOND.keys() | NO_LIMITS


def test_codes_stand_beside_their_status() -> None:
    told = [one for one in re.findall(r"(\d{3}) `([a-z_]+)`", PAGE.read_text()) if one != ("503", "draining")]
    assert len(told) > 40
    assert [(status, code) for status, code in told if STATUS[code] != int(status)] == []


def test_the_fixed_ones_are_those_of_the_code() -> None:
    rows = dict(re.findall(r"^\| (.*?) \| ([^|]+) \|", PAGE.read_text().partition("## Fixed")[2], re.MULTILINE))
    values = {
        "head of a request": f"{MAX_HEAD_BYTES // 1024} KiB",
        "body of a request to `/v1/auth/*` without a credential": f"{app._STRANGERS_BYTES // 1024} KiB",
        "values of one statement (`?`)": f"{arguments.MAX_ARGUMENTS:,}",
        "parentheses inside each other in SQL": f"{expressions._MAX_DEPTH}",
        "tables, views and subqueries that one statement reads, those inside views included": f"{shadow.MAX_WEIGHT:,}",
        "keys in one page of a storage listing": f"{storage._MAX_PAGE:,}",
        "ETags in If-Match or If-None-Match": f"{preconditions._MOST}",
        "owners of a namespace": f"{owners._MOST}",
        "messages of one WebSocket on their way to the node": f"{session._UNDER_WAY}",
        "bytes of messages on their way to the node, all sockets together": f"{relay._ROOM // 2**20} MiB",
    }
    assert {name: rows[name] for name in values} == values
    (bounds,) = [field["between"] for path, field in GATEWAY.leaves() if path == ("limits", "max_message_bytes")]
    assert bounds == [1, protocol.MAX_PAYLOAD_BYTES], "the nodes pass on no longer ones"
    assert apps._MOST_SQL.endswith("< 1000")
    assert rows["apps of a namespace"] == "1,000"
    assert SocketServer.__init__.__kwdefaults__ == {"max_topics": 8192}
    assert rows["topics that the programs of one host follow"] == "8,192"
