#!/usr/bin/env python3
"""Writes each role's README.md from its argument_specs: role-readmes.py [--check]."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

ROLES = Path(__file__).resolve().parents[1] / "roles"
_MARKUP = re.compile(r"[CVO]\((?:ignore:)?([^)]*)\)")


def readme(role: Path) -> str:
    """Return the README of a role."""
    points = yaml.safe_load((role / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
    about = yaml.safe_load((role / "meta" / "main.yml").read_text(encoding="utf-8"))["galaxy_info"]
    lines = [
        f"# {role.name}",
        "",
        "<!-- Written by scripts/role-readmes.py from meta/argument_specs.yml. Change that file, not this page. -->",
        "",
        f"{about['description']}.",
    ]
    for name, point in points.items():
        if name != "main":
            lines += ["", f"## Entry point {name}", "", f"{point['short_description']}."]
        for text in _sentences(point.get("description")):
            lines += ["", text]
        if point.get("options"):
            lines += ["", "| variable | type | default | meaning |", "|---|---|---|---|"]
            lines += [_row(*option) for option in point["options"].items()]
    return "\n".join(lines) + "\n"


def _row(name: str, option: dict[str, Any]) -> str:
    kind = option["type"] + (f" of {option['elements']}" if "elements" in option else "")
    meaning = " ".join(_sentences(option["description"]))
    if choices := option.get("choices"):
        meaning += f" One of {', '.join(f'`{choice}`' for choice in choices)}."
    default = "required" if option.get("required") else f"`{_default(option.get('default'))}`"
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in (f"`{name}`", kind, default, meaning)) + " |"


def _default(value: Any) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, width=10_000, allow_unicode=True, sort_keys=False)
    return (
        text.removesuffix("\n").removesuffix("\n...").replace("''", "'")
        if not isinstance(value, str)
        else value or '""'
    )


def _sentences(text: str | list[str] | None) -> Iterator[str]:
    for part in [text] if isinstance(text, str) else text or []:
        yield _MARKUP.sub(r"`\1`", " ".join(part.split()))


def main() -> int:
    """Write what differs, or with --check say so; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, fail when a page is out of date")
    check = parser.parse_args().check
    stale = 0
    for role in sorted(path.parents[1] for path in ROLES.glob("*/meta/argument_specs.yml")):
        page, text = role / "README.md", readme(role)
        if page.is_file() and page.read_text(encoding="utf-8") == text:
            continue
        stale += 1
        if check:
            sys.stderr.write(f"roles/{role.name}/README.md is out of date; run: scripts/role-readmes.py\n")
        else:
            page.write_text(text, encoding="utf-8")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
