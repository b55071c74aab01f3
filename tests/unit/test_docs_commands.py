"""What the documents tell people to type exists: programs and flags, playbooks, variables, files, units, targets."""

import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import click
import pytest
import yaml

from debros.cli.main import cli as network_cli
from debros.hosts.main import cli as debros_host

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
OPERATORS = [ROOT / "docs" / f"{name}.md" for name in ("deploy", "install", "operate", "security", "units")]
PROGRAMS = {"network-cli": network_cli, "debros-host": debros_host}
INSTALLER = (ROOT / "scripts/install-debros-network.sh").read_text()
FLAGS = set(re.findall(r"^  (--[a-z-]+)", INSTALLER.partition("cat <<'END'")[2].partition("\nEND\n")[0], re.MULTILINE))
# Written on a host or a controller, not part of the repository.
MADE = {"members.yml", "rqlite.yml"}


def code(document: Path) -> list[str]:
    """Return what a document shows as code: lines of its blocks, and spans in its text."""
    text = document.read_text()
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    rest = re.sub(r"^```\w*\n.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    lines = chain.from_iterable(block.replace("\\\n", " ").splitlines() for block in blocks)
    return [*lines, *(" ".join(span.replace("\\|", "|").split()) for span in re.findall(r"`([^`]+)`", rest))]


def commands(document: Path) -> Iterator[list[str]]:
    """Yield the words of the commands in a document, without sudo and comments."""
    for line in code(document):
        for part in re.split(r"\||;|&&|\$\(", re.sub(r"(^| )#.*", "", line)):
            words = part.split()
            yield words[1:] if words[:1] == ["sudo"] else words


def strange(command: click.Command, words: list[str]) -> list[str]:
    """Return the subcommands and flags of a command line that a program does not know."""
    found, rest = [], iter(words)
    for word in rest:
        flag, _, value = word.strip("[]").partition("=")
        if re.fullmatch(r"-[a-z]|--[a-z-]+", flag):
            options = [one for one in command.params if isinstance(one, click.Option) and flag in one.opts]
            found += [] if options or flag in {"--help", "-h"} else [flag]
            if not value and any(not (one.is_flag or one.count) for one in options):
                next(rest, None)
        elif isinstance(command, click.Group) and re.fullmatch(r"[a-z-]+", word):
            child = command.get_command(click.Context(command), word)
            if child is None:
                return [*found, word]
            command = child
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_our_programs_know_these_words(document: Path) -> None:
    told = [words for words in commands(document) if words and words[0].removeprefix("bin/") in PROGRAMS]
    wrong = {" ".join(words): strange(PROGRAMS[words[0].removeprefix("bin/")], words[1:]) for words in told}
    assert {line: found for line, found in wrong.items() if found} == {}
    assert document.name != "operate.md" or len(told) > 30


def test_the_installer_knows_these_flags() -> None:
    lines = chain.from_iterable(map(code, DOCUMENTS))
    told = [match[1] for line in lines if (match := re.search(r"(?:bash -s --|install-debros-network\.sh)( .*)", line))]
    flags = set(re.findall(r" (--[a-z-]+)", " ".join(told)))
    assert flags <= FLAGS
    assert len(flags) > 3
    section = (ROOT / "docs/install.md").read_text().partition("## Flags")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `(--[a-z-]+)", section, re.MULTILINE)) == FLAGS - {"--help"}


def test_these_playbooks_and_their_variables_exist() -> None:
    play = [words for document in DOCUMENTS for words in commands(document) if words[:1] == ["ansible-playbook"]]
    names = {words[1].replace("debros.network.", "playbooks/") for words in play if len(words) > 1}
    files = [ROOT / (name if name.endswith(".yml") else f"{name}.yml") for name in names]
    assert [file for file in files if not file.is_file()] == []
    assert len(files) > 10
    text = "\n".join(file.read_text() for file in [ROOT / "site.yml", *(ROOT / "ansible").rglob("*.yml")])
    used = set(re.findall(r"[a-z_]+", text)) | variables()
    given = {name for words in play for name in re.findall(r"-e ([a-z_]+)=", " ".join(words).replace("[-e", "-e"))}
    assert given - used == set()
    assert len(given) > 5


def variables() -> set[str]:
    points = (yaml.safe_load(path.read_text()) for path in ROOT.glob("roles/*/meta/argument_specs.yml"))
    specs = (point for document in points for point in document["argument_specs"].values())
    return set(chain.from_iterable(spec.get("options", {}) for spec in specs))


def test_these_variables_of_the_inventory_exist() -> None:
    roles = "|".join(path.name for path in (ROOT / "roles").iterdir())
    words = set(chain.from_iterable(re.findall(r"[\w.]+", line) for document in OPERATORS for line in code(document)))
    figures = re.compile(r"debros_(host|gateway|rqlite|node|cluster)_")
    told = {word for word in words if re.fullmatch(rf"({roles})_[a-z_]+", word) and not figures.match(word)}
    sample = (ROOT / "inventories/prod/group_vars/debros.yml").read_text()
    told |= set(re.findall(r"^# ([a-z]+_[a-z_]+):", sample, re.MULTILINE))
    # The place among the members is the lookup's, which reads it of other hosts, too; the other a key of gateway.yaml.
    assert told - variables() - {"debros_position", "rqlite_nodes"} == set()
    assert len(told) > 20


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_these_files_exist(document: Path) -> None:
    folders = "|".join(
        re.escape(path.name) for path in ROOT.iterdir() if path.is_dir() and path.name not in {"bin", "dist"}
    )
    for line in code(document):
        for word in re.findall(rf"(?<![\w/.~@-])(?:{folders})/[\w./*{{}},-]*", line):
            if not re.search(r"[<…]|/mine\b|/secrets\b", line[line.index(word) :].split()[0]):
                assert exists(word.rstrip(".,")), f"{word} in: {line}"
        for word in re.findall(r"(?<![\w/…>}-])[a-z][a-z-]+\.yml\b", line) if document in OPERATORS else ():
            assert word in MADE or any(
                (ROOT / folder / word).is_file() for folder in ("", "ansible", "inventories/prod")
            )


def exists(pattern: str) -> bool:
    """Tell whether there is a file; of `{a,b}` all have to exist, of `*` any."""
    if brace := re.search(r"\{([^{}]*)\}", pattern):
        return all(exists(pattern.replace(brace[0], part)) for part in brace[1].split(","))
    return any(ROOT.glob(pattern.rstrip("/")))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_these_units_and_targets_exist(document: Path) -> None:
    text = "\n".join(code(document))
    units = set(re.findall(r"\bdebros[a-z-]*\.(?:service|timer|path|target|socket|slice)\b", text))
    assert [unit for unit in units if not (ROOT / "systemd" / unit).is_file()] == []
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {words[1] for words in commands(document) if words[:1] == ["make"] and len(words) > 1} - targets == set()
