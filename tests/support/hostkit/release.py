"""Releases, made on this machine as their publisher makes them."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from hostkit.bed import bed_dir
from hostkit.paths import PROJECT

# The official rqlited cannot be had everywhere; on hosts that are thrown away the third party's will do.
FLAGS = ("--third-party", "--json")


@dataclass(frozen=True)
class Release:
    """An archive, its id `<version>-<content>`, and the project's tree whose playbooks belong to it."""

    id: str
    archive: Path
    tree: Path


def make(command: str, tree: Path, out: Path, *flags: str) -> Release:
    """Run `python3 -m debros.release build|bundle` in a tree of the project; unchanged sources are not built twice."""
    done = subprocess.run(
        [sys.executable, "-m", "debros.release", command, "--root", tree, "--out", out, *FLAGS, *flags],
        cwd=tree,
        env=os.environ | {"PYTHONPATH": str(tree / "src"), "PYTHONDONTWRITEBYTECODE": "1"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"debros.release {command} in {tree}: {done.stderr[-2000:]}"
    made = json.loads(done.stdout)
    return Release(made["id"], Path(made["path"]), tree)


def bundle() -> Release:
    """Return the bundle of this tree; the installer that knows its checksum lies beside it."""
    return make("bundle", PROJECT, bed_dir() / "bundle")


def present() -> Release:
    """Return the release of this tree, where the playbooks look for it as well."""
    return make("build", PROJECT, PROJECT / "dist")


def previous() -> tuple[Release, str]:
    """Return the release hosts have before an upgrade to this tree's, and in words where it comes from.

    It is made of the git ref `DEBROS_PREVIOUS_REF`; by default of the last tag, or else of the newest commit with
    playbooks. One that makes the very release of this tree is passed over, as nothing would be upgraded.
    """
    wanted = os.environ.get("DEBROS_PREVIOUS_REF", "")
    now = present()
    for ref in [wanted] if wanted else _candidates():
        commit = _git("rev-parse", "--short", f"{ref}^{{commit}}")
        assert commit, f"DEBROS_PREVIOUS_REF={ref}: git knows no such commit"
        release = make("build", _tree_of(commit), bed_dir() / "previous")
        if release.id != now.id:
            return release, f"{ref} ({commit})" if ref != commit else f"commit {commit}"
        assert not wanted, f"DEBROS_PREVIOUS_REF={wanted} makes the same release as this tree, {now.id}"
    again = make("build", PROJECT, bed_dir() / "previous", "--version", "0.0.9")
    return again, "this same tree under another version, since no older commit makes another release"


def _candidates() -> list[str]:
    tag = _git("describe", "--tags", "--abbrev=0")
    commits = _git("rev-list", "--abbrev-commit", "--max-count=30", "HEAD").split()
    return [ref for ref in [*([tag] if tag else []), *commits] if _deployable(ref)]


def _deployable(ref: str) -> bool:
    return all(_git("cat-file", "-t", f"{ref}:{path}") for path in ("site.yml", "src/debros/release/__main__.py"))


def _tree_of(commit: str) -> Path:
    """Return a clone of its own at this commit: a release names the commit it was made of."""
    tree = bed_dir() / "trees" / commit
    if not (tree / "site.yml").exists():
        subprocess.run(["rm", "-rf", tree], check=True)
        tree.parent.mkdir(parents=True, exist_ok=True)
        quiet = ["git", "-c", f"safe.directory={PROJECT}", "-c", "advice.detachedHead=false"]
        subprocess.run([*quiet, "clone", "--quiet", "--no-checkout", PROJECT, tree], check=True)
        subprocess.run([*quiet, "-C", tree, "checkout", "--quiet", commit], check=True)
    return tree


def _git(*words: str) -> str:
    """Return what git prints about this tree; nothing when it refuses, or when this is no clone."""
    command = ["git", "-c", f"safe.directory={PROJECT}", "-C", PROJECT, *words]
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout.strip()
