"""All there is is documented, and nothing that is not there: commands, routes, keys, variables, figures, codes."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml

from debros.cli.main import cli
from debros.config.schema import CLIENT, GATEWAY, NODE
from debros.gateway.openapi.codes import STATUS
from testkit.docblocks import ROOT, documents, name

PAGES = documents()
DESCRIBED = yaml.safe_load((ROOT / "openapi" / "gateway.yaml").read_text())
HTTP = (ROOT / "docs" / "http.md").read_text()
KEYS = {".".join(map(str, path)) for schema in (NODE, GATEWAY, CLIENT) for path, _ in schema.leaves()}
SECTIONS = {key.partition(".")[0] for key in KEYS if "." in key}
FIGURES = set(re.findall(r"`(debros_[a-z0-9_]+)", (ROOT / "docs" / "metrics.md").read_text()))
# Of one host's checks: docs/operate.md has them, and tests/unit/hosts/test_main.py looks there.
HOST_FIGURES = set(re.findall(r"`(debros_host_[a-z0-9_]+)", (ROOT / "docs" / "operate.md").read_text()))


def commands(group: click.Group, path: str = "network-cli") -> Iterator[tuple[str, click.Command]]:
    """Yield every command that does something, with its name."""
    for child in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), child)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {child}")
        else:
            yield f"{path} {child}", command


def test_every_command_and_option_of_network_cli_has_its_place() -> None:
    sections = dict(re.findall(r"^### (network-cli .*)\n((?:.*\n)*?)(?=^##|\Z)", cli_page(), re.MULTILINE))
    found = dict(commands(cli))
    groups = {path.rpartition(" ")[0] for path in found} - {"network-cli"}
    assert sections.keys() == found.keys() | groups
    for path, command in found.items():
        for option in command.params:
            if isinstance(option, click.Option) and not option.hidden and option.name != "help":
                place = sections[path] if f"`{option.opts[-1]}" in sections[path] else cli_page()
                assert option.opts[-1] in place, f"{path} {option.opts}"


def cli_page() -> str:
    return (ROOT / "docs" / "cli.md").read_text()


def test_every_operation_is_documented_with_its_method() -> None:
    twins = re.search(r"`/v1/db/\{([a-z,-]+)\}`", HTTP)
    assert twins
    told = {
        (method, re.sub(r"\?.*", "", path))
        for cell in re.findall(r"`((?:GET|POST|PUT|DELETE)\b[^`]*)`(?=[^`]*`?)", HTTP)
        for method, path in re.findall(r"(GET|POST|PUT|DELETE) (/\S+)", cell)
    }
    # `GET` or `POST /path`, and `GET`, `PUT`, `DELETE /path`: all of them have the path of the last.
    for group in re.findall(r"((?:`(?:GET|POST|PUT)`(?:, | or ))+)`(?:POST|PUT|DELETE) (/[^`?]+)", HTTP):
        told |= {(method, group[1]) for method in re.findall(r"[A-Z]+", group[0])}
    described = {(method.upper(), path) for path, methods in DESCRIBED["paths"].items() for method in methods}
    told |= {(method, path) for method, path in described if path in {f"/v1/db/{one}" for one in twins[1].split(",")}}
    assert sorted(described - told) == []
    assert sorted(told - described) == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_the_routes_it_names_exist(page: Path) -> None:
    known = {re.sub(r"\{\w+\}", "{}", path) for path in DESCRIBED["paths"]}
    named = {
        re.sub(r"\{\w+\}", "{}", path.rstrip("./"))
        for path in re.findall(r"(?<![\w.])(/v1/[a-z0-9/_{}.-]*[a-z}])(?![a-z*{,])", page.read_text())
    }
    starts = {path for path in named if not any(one == path or one.startswith(f"{path}/") for one in known)}
    assert sorted(path for path in starts if not any(_fits(path, one) for one in known)) == []


def _fits(path: str, known: str) -> bool:
    return re.fullmatch(re.escape(known).replace(r"\{\}", "[^/]+"), path) is not None


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_the_keys_it_names_exist(page: Path) -> None:
    named = re.findall(rf"`((?:{'|'.join(sorted(SECTIONS))})\.[a-z_]+)`", page.read_text())
    assert sorted(key for key in set(named) - KEYS if not key.endswith((".md", ".py", ".yaml"))) == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_the_figures_it_names_exist(page: Path) -> None:
    endings = r"(?:_bucket|_sum|_count)?$"
    named = set(re.findall(r"\bdebros_(?:gateway|rqlite|node|cluster|host)_[a-z0-9_]+", page.read_text()))
    named.discard("debros_gateway_only")  # a variable of the inventory
    figures = {re.sub(endings, "", one) for one in named} - FIGURES - HOST_FIGURES
    example = {"debros_gateway_batches", "debros_gateway_batch_size"} if page.name == "metrics.md" else set()
    assert sorted(one for one in figures - example if not one.endswith("_")) == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_the_codes_it_names_have_that_status(page: Path) -> None:
    named = re.findall(r"\b([45]\d\d) `([a-z]+_[a-z_]+)`", page.read_text())
    assert [(status, code) for status, code in named if STATUS.get(code) != int(status)] == []


def test_there_is_something_to_look_at() -> None:
    assert len(FIGURES) > 60
    assert len(HOST_FIGURES) > 10
    assert len(KEYS) > 100
