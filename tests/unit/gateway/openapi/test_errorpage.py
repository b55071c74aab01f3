"""docs/errors.md: every code, what it means, and that it is true."""

import re
from pathlib import Path

from debros.client.calls import repeats
from debros.config.schema import GATEWAY
from debros.gateway.openapi.codes import STATUS
from debros.gateway.openapi.errorpage import errors
from debros.gateway.openapi.meanings import AGAIN, DOUBTFUL, MEANINGS
from debros.gateway.routes import all_routes

PAGE = Path(__file__).parents[4] / "docs" / "errors.md"


def test_the_kept_page_is_the_one_the_codes_make() -> None:
    assert PAGE.read_text() == errors(all_routes()), "run `make openapi`"


def test_every_code_has_a_meaning_and_every_meaning_a_code() -> None:
    assert MEANINGS.keys() == STATUS.keys()
    assert [code for code, text in MEANINGS.items() if not text.endswith((".", ")"))] == []


def test_every_code_stands_below_its_status_once() -> None:
    status, found = 0, []
    for line in PAGE.read_text().splitlines():
        if heading := re.match(r"## (\d+)$", line):
            status = int(heading[1])
        elif row := re.match(r"\| `([a-z_]+)` \|", line):
            found.append((row[1], status))
    assert sorted(found) == sorted(STATUS.items())


def test_the_settings_it_names_exist() -> None:
    keys = {".".join(map(str, path)) for path, _ in GATEWAY.leaves()}
    named = set(re.findall(r"`((?:limits|writes|auth|rates|pubsub)\.[a-z_]+)`", " ".join(MEANINGS.values())))
    assert len(named) > 10
    assert named - keys == set()


def test_who_may_try_again_is_never_in_doubt() -> None:
    assert sorted((AGAIN | DOUBTFUL) - STATUS.keys()) == []
    assert sorted(AGAIN & DOUBTFUL) == []


def test_the_client_repeats_only_what_the_page_allows() -> None:
    assert sorted(repeats._NOTHING_APPLIED - AGAIN) == []


def test_every_code_of_a_route_has_a_place() -> None:
    rows = [line.split(" | ") for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    assert [row[0] for row in rows if not row[-2].strip()] == []


def test_what_is_doubtful_is_explained() -> None:
    explained = set(re.findall(r"`([a-z_]+)`", (PAGE.parent / "acknowledgement.md").read_text()))
    assert sorted(DOUBTFUL - explained) == []
