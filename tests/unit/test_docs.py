"""The documents keep up with the code: links lead somewhere, every route is described."""

import re
from pathlib import Path

import pytest
import yaml
from starlette.routing import Route, WebSocketRoute

from debros.gateway.main import main as gateway
from debros.gateway.routes import all_routes

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
HTTP = (ROOT / "docs" / "http.md").read_text()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_relative_links_lead_to_files(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document.read_text()):
        if "://" not in target:
            assert (document.parent / target).exists(), target


def test_every_document_is_reached_from_readme() -> None:
    """From README to the index, and from there: nobody has to search a folder."""
    found, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page not in found and page.is_file():
            found.add(page)
            text = page.read_text() if page.suffix == ".md" else ""
            waiting += [(page.parent / to).resolve() for to in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)]
    pages = {*(path for path in (ROOT / "docs").iterdir() if path.is_file()), *ROOT.glob("roles/*/README.md")}
    assert len(pages) > 20
    assert sorted(pages - found) == []
    index = (ROOT / "docs" / "README.md").read_text()
    own = {path.name for path in (ROOT / "docs").iterdir()} - {"README.md"}
    assert own - set(re.findall(r"\]\(([^)#/]+)\)", index)) == set(), "the index lists every page itself"


def test_every_folder_is_in_the_picture() -> None:
    folders = (ROOT / "docs" / "architecture.md").read_text().partition("## Folders\n")[2].partition("\n## ")[0]
    named = set(re.findall(r"^ *([a-z0-9]+)/ +\S", folders, flags=re.MULTILINE))
    ours = {path.name for path in (ROOT / "src/debros").iterdir() if (path / "__init__.py").exists()}
    assert len(ours) > 10
    assert sorted(ours - named) == []


def test_every_flag_of_the_gateway_is_documented() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text().partition("### Flags of the gateway\n")[2]
    described = set(re.findall(r"^\| `(--[a-z-]+)` \|", text.partition("\n#")[0], flags=re.MULTILINE))
    taken = {option for parameter in gateway.params for option in parameter.opts if option.startswith("--")}
    assert described - {"--help"} == taken - {"--version"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_sections_have_names_of_their_own_and_links_find_them(document: Path) -> None:
    sections = re.findall(r"^## .*", document.read_text(), re.MULTILINE)
    assert sorted(set(sections)) == sorted(sections)
    own = anchors(document)
    for target, anchor in re.findall(r"\]\(([^)#]*)#([^)]+)\)", document.read_text()):
        if "://" not in target:
            assert anchor in (anchors(document.parent / target) if target else own), f"{target}#{anchor}"


def anchors(document: Path) -> list[str]:
    """Return what links to the headings of a document call them, as GitHub does."""
    text = re.sub(r"^```.*?^```", "", document.read_text(), flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles]


def test_every_route_is_documented() -> None:
    twins = re.search(r"`/v1/db/\{([a-z,-]+)\}`", HTTP)
    assert twins
    described = set(re.findall(r"/[a-z0-9/{}_.-]+", HTTP)) | {f"/v1/db/{name}" for name in twins[1].split(",")}
    registered = {route.path for route in all_routes() if isinstance(route, Route | WebSocketRoute)}
    assert len(registered) > 20
    assert sorted(registered - described) == []


def test_the_memory_and_free_disk_a_host_needs_are_the_same_everywhere() -> None:
    asked = yaml.safe_load((ROOT / "roles/common/defaults/main.yml").read_text())
    installer = (ROOT / "scripts/install-debros-network.sh").read_text()
    assert f"\nDISK_MB={asked['common_disk_mb']} " in installer
    assert f"\nMEMORY_MB={asked['common_memory_mb']}\n" in installer
    for name in ("deploy.md", "install.md"):
        text = " ".join((ROOT / "docs" / name).read_text().split())
        assert f"{asked['common_disk_mb']} MB of free disk" in text
        assert f"{asked['common_memory_mb']} MB of memory" in text
