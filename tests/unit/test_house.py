"""The rules of CONTRIBUTING.md that no linter knows."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src/debros"

# In pieces, so that this file does not name them either.
REGISTRIES = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("crates", "io"),
        ("rubygems", "org"),
        ("proxy", "golang", "org"),
        ("docker", "io"),
        ("ghcr", "io"),
        ("galaxy", "ansible", "com"),
        ("deb", "debian", "org"),
        ("security", "debian", "org"),
        ("archive", "ubuntu", "com"),
        ("security", "ubuntu", "com"),
    )
]
# Where a checkout of whoever wrote the file may lie. `$HOSTS/one/root/` is a path inside a host, and none of them;
# neither is what tests/hosts keep in root's home on the hosts they make.
ON_HOSTS = re.compile(r"/root/\w")
OWN_PATH = re.compile(r"(?<![\w$}/.~-])/(?:root|work|Users/\w+)/\w")

# A switched-off rule, its reason behind it.
SWITCHED_OFF = re.compile(
    r"#\s*(?:noqa\b(?::\s*[A-Z]+[0-9]+(?:,\s*[A-Z]+[0-9]+)*)?"
    r"|type:\s*ignore(?:\[[\w\-, ]+\])?"
    r"|shellcheck disable=[\w,]+)"
)


def tracked() -> Iterator[tuple[str, list[str]]]:
    """Every text file under version control, by name and lines."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if path.is_file() and not path.is_symlink():
            try:
                yield name, path.read_text(encoding="utf-8").splitlines()
            except UnicodeDecodeError:
                continue


def test_no_file_names_a_registry_or_a_directory_of_its_author() -> None:
    files = list(tracked())
    assert len(files) > 1000
    assert [
        f"{name}:{number}: {line.strip()}"
        for name, lines in files
        for number, line in enumerate(lines, 1)
        if any(registry in line for registry in REGISTRIES)
        or OWN_PATH.search(ON_HOSTS.sub("", line) if name.startswith("tests/hosts/") else line)
    ] == []


@pytest.mark.parametrize("line", ["cd /" + "root/debros", "(/" + "work/x)", "see /" + "Users/me/z"])
def test_a_directory_of_an_author_is_recognised(line: str) -> None:
    assert OWN_PATH.search(line)


def without_reason(lines: list[str]) -> Iterator[int]:
    """Lines that switch a rule off and say no why; a comment on the line above counts."""
    for number, line in enumerate(lines, 1):
        found = list(SWITCHED_OFF.finditer(line))
        if not found or line[found[-1].end() :].strip(" -#"):
            continue
        above = lines[number - 2].strip() if number > 1 else ""
        if not above.startswith("#") or SWITCHED_OFF.search(above):
            yield number


def test_every_rule_that_is_switched_off_has_its_reason() -> None:
    code = (".py", ".sh", ".yml", ".yaml", ".toml", ".cfg", "/run", "/bed", "/init")
    assert [
        f"{name}:{number}: {lines[number - 1].strip()}"
        for name, lines in tracked()
        if name.endswith(code)
        for number in without_reason(lines)
    ] == []


def test_what_counts_as_a_reason() -> None:
    off = "x = 1  # " + "noqa: E741"  # in two pieces, because this line is checked too
    assert list(without_reason([off])) == [1]
    assert list(without_reason([off, off])) == [1, 2]
    assert list(without_reason(["# as in the paper", off, f"{off} - as in the paper"])) == []


def modules() -> Iterator[tuple[str, Path]]:
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        yield ".".join(part for part in parts if part != "__init__"), path


def imports(path: Path) -> set[str]:
    """What a file imports wherever it does: `a.b` of `import a.b` and of `from a import b`, which may be a name."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: a relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def floors() -> dict[str, int]:
    """The floors in CONTRIBUTING.md: the number of each package, 0 at the bottom."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```\n(config · [^`]*)^```$", text, flags=re.MULTILINE)
    return {name.strip(): level for level, floor in enumerate(block.split("→")) for name in floor.split("·")}


def floor_of(module: str, known: dict[str, int]) -> int | None:
    """The floor of the longest known package that a module is in; None for the root itself."""
    parts = module.split(".")
    prefixes = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((known[prefix] for prefix in prefixes if prefix in known), None)


def test_every_package_has_a_floor_and_no_arrow_points_upwards() -> None:
    known = floors()
    assert len(set(known.values())) == 5
    seen, upwards = set(), []
    for module, path in modules():
        if not module:
            continue
        level = floor_of(module, known)
        assert level is not None, f"{module} is on no floor of CONTRIBUTING.md"
        seen.add(module)
        for imported in imports(path):
            if imported.startswith("debros."):
                other = floor_of(imported.removeprefix("debros."), known)
                assert other is not None, f"{module} imports {imported}"
                if other > level:
                    upwards.append(f"{module} imports {imported}")
    assert upwards == []
    assert "gateway.app" in seen


def test_the_gateway_never_imports_trio_or_libp2p() -> None:
    """Neither by itself nor by what it imports: whoever does would load them into its process."""
    code = (
        "import sys, pkgutil, importlib, debros.gateway\n"
        "for found in pkgutil.walk_packages(debros.gateway.__path__, 'debros.gateway.'):\n"
        "    importlib.import_module(found.name)\n"
        "print(*sorted({'debros.gateway.app', 'trio', 'libp2p'} & sys.modules.keys()))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.split() == ["debros.gateway.app"]
    # What is imported inside a function is not loaded above.
    later = {name for module, path in modules() if module.startswith("gateway") for name in imports(path)}
    assert not {name.partition(".")[0] for name in later} & {"trio", "libp2p"}


def test_middleware_is_pure_asgi() -> None:
    """Starlette's BaseHTTPMiddleware holds back bodies and breaks contexts and disconnects."""
    for module, path in modules():
        assert not any(name.startswith("starlette.middleware.base") for name in imports(path)), module
