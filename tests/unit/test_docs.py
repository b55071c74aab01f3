"""The documents keep up with the code: links lead somewhere, every route and every error code is described."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.routing import Route, WebSocketRoute

from debros.gateway.routes import all_routes

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
HTTP = (ROOT / "docs" / "http.md").read_text()
# Which positional argument of these calls is the error's code.
CODE_ARGUMENT = {"Problem": 1, "TenantError": 0, "SqlRefused": 0, "TooMuch": 0, "InvalidName": 0}


def codes() -> Iterator[str]:
    for folder in ("gateway", "tenants"):
        for path in (ROOT / "src" / "debros" / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CODE_ARGUMENT:
                    place = CODE_ARGUMENT[node.func.id]
                    code = node.args[place] if len(node.args) > place else None
                    if isinstance(code, ast.Constant):
                        yield str(code.value)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_relative_links_lead_to_files(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document.read_text()):
        if "://" not in target:
            assert (document.parent / target).exists(), target


def test_every_error_code_is_documented() -> None:
    found = set(codes())
    assert len(found) > 30
    assert sorted(code for code in found if f"`{code}`" not in HTTP) == []


def test_every_route_is_documented() -> None:
    twins = re.search(r"`/v1/db/\{([a-z,-]+)\}`", HTTP)
    assert twins
    described = set(re.findall(r"/[a-z0-9/-]+", HTTP)) | {f"/v1/db/{name}" for name in twins[1].split(",")}
    registered = {route.path for route in all_routes() if isinstance(route, Route | WebSocketRoute)}
    assert len(registered) > 20
    assert sorted(registered - described) == []
