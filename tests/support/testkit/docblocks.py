"""The shell blocks of all documents, line by line, as their tests need them."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
# Typed by somebody who stands before a host; those that only look at it are run on real ones.
OPERATORS = ("docs/operate.md", "docs/units.md")
_LOOK = re.compile(
    r"(?:sudo )?(?:journalctl(?! --vacuum)|systemctl (?:status \S+|--failed|is-active)|"
    r"debros-host (?:check|leader|backups)|network-cli (?:health|status)|head|df|du)(?= |$)"
)
# What stands for something that differs from host to host.
_STANDS_FOR = re.compile(r"=…")


def documents() -> list[Path]:
    """Return every document that is read by people, but for the pages that the roles' specifications make."""
    examples = ROOT.glob("examples/*/README.md")
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")), *sorted(examples)]


def name(document: Path) -> str:
    """Return how the tests call a document: its path in the repository."""
    return document.relative_to(ROOT).as_posix()


def shell_lines(document: Path) -> list[str]:
    """Return the commands of a document's `sh` blocks without comments, continued lines joined."""
    blocks = re.findall(r"^```(?:sh|bash|console)\n(.*?)^```", document.read_text(), flags=re.MULTILINE | re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [line for one in lines if (line := re.sub(r"(^|\s+)# .*", "", one).rstrip())]


def looks(document: Path) -> list[str]:
    """Return the commands of an operator's page that change nothing: its blocks' and those in its text.

    They are as they can be run by a program: without sudo, with a word for what differs, and not following for ever.
    """
    text = document.read_text()
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))
    whole = [line for line in dict.fromkeys([*shell_lines(document), *spans]) if _LOOK.match(line)]
    given = [_STANDS_FOR.sub("=none", line).removeprefix("sudo ") for line in whole]
    return [line.removesuffix(" -f") for line in given if not re.search(r"[…<]|[A-Z]{4,}$", line)]
