"""`python3 -m debros.release build`, `bundle` and `unpack`: words in, one result out, progress on stderr."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from debros.release import build, bundle, debs, rqlited, sources, unpack, wheels
from debros.release.errors import ReleaseError


def main(words: list[str] | None = None) -> int:
    """Run one command and return the exit status: 0, 1 when it failed, 2 for wrong usage."""
    words = sys.argv[1:] if words is None else words
    if words[:1] == ["unpack"]:
        return unpack.main(words[1:])
    options = _parser().parse_args(words)
    try:
        request = _request(options)
        result = build.build(request, _progress)
        installer = bundle.publish(request.root, request.out, result) if options.command == "bundle" else None
    except ReleaseError as err:
        print(f"error: {err}", file=sys.stderr)  # noqa: T201 - for people
        return 1
    except KeyboardInterrupt:
        print("stopped; nothing was left half-written", file=sys.stderr)  # noqa: T201 - for people
        return 130
    if options.json:
        print(json.dumps(asdict(result)))  # noqa: T201 - the answer
    else:
        print(f"{result.path}\nid      {result.id}\nsha256  {result.sha256}\nrqlite  {result.rqlite}")  # noqa: T201 - the answer
        if installer:
            print(f"\nCarry both to a host, then: sudo bash {installer.name} --offline {Path(result.path).name}")  # noqa: T201 - the answer
    return 0


def _progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - for people


def _request(options: argparse.Namespace) -> build.Request:
    top = sources.root((options.root or Path.cwd()).absolute())
    cache = build.default_cache()
    machine = options.arch or build.here()
    # An unpacked release belongs to root and stays as it is.
    out = options.out or (cache / "packed" if (top / "release.json").is_file() else top / "dist")
    if options.debs:
        packages = [(system, debs.collect(system, machine, cache, _progress)) for system in options.debs]
    elif options.debs is not None or options.command == "bundle":
        packages = debs.collect_all(machine, cache, _progress)
    else:
        packages = []
    return build.Request(
        root=top,
        out=out.absolute(),
        cache=cache,
        rqlited=rqlited.Wanted(options.rqlited, options.third_party, machine),
        version=options.version,
        debs=tuple(packages),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="debros.release", description=sys.modules["debros.release"].__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser("build", help="make a release, or find the one made from the same sources")
    _options(make)
    _options(commands.add_parser("bundle", help="the same with --debs, and the installer that knows its checksum"))
    commands.add_parser("unpack", help="put a release in place on a host; see unpack --help", add_help=False)
    return parser


def _options(make: argparse.ArgumentParser) -> None:
    make.add_argument("--root", type=Path, help="the project or unpacked release (default: where this is run)")
    make.add_argument("--out", type=Path, help="directory for the archive (default: dist/)")
    make.add_argument("--rqlited", type=Path, help="take this rqlited instead of the official release")
    make.add_argument("--third-party", action="store_true", help="a third-party rqlited 8.26 will do; for trials only")
    make.add_argument("--arch", choices=wheels.machines(), help="machine of the hosts (default: this one's)")
    make.add_argument(
        "--debs",
        nargs="*",
        metavar="SYSTEM",
        help="add what hosts without a network need of their distribution, e.g. debian-12 (default: of all supported)",
    )
    make.add_argument("--version", default="", help="version to give it (default: the project's)")
    make.add_argument("--json", action="store_true", help="print the result as JSON")
