"""Reading a configuration: sources, validation, all problems at once; for start-up and `config validate` alike."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from debros.config import yamlfile
from debros.config.build import build
from debros.config.notices import notices
from debros.config.problems import ConfigError, Fault, KeyPath, Problem, printable
from debros.config.report import problems
from debros.config.schema import FileSchema, for_kind
from debros.config.situation import Situation
from debros.config.sources import Merged, merge
from debros.config.types import ClientConfig, Config, GatewayConfig, NodeConfig
from debros.config.validator import ConfigValidator


@dataclass(frozen=True)
class Report:
    """What reading a configuration gave.

    Attributes:
        config: the configuration, when there is no problem.
        problems: what keeps it from being used.
        notices: what the operator should know although it can be used.
        lasting: the problems are in the text itself, whatever the host's files and directories are like.
    """

    config: Config | None
    problems: tuple[Problem, ...]
    notices: tuple[str, ...] = ()
    lasting: bool = False


def load_node(
    path: Path | None,
    *,
    flags: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
    program: str = "",
) -> NodeConfig:
    """Load node.yaml or bootstrap.yaml.

    Args:
        path: the file; None for defaults, environment and flags alone.
        flags: values from the command line by dotted key (``database.rqlite_port``), and ``p2p_port``, ``adv_addr``;
            None means not given.
        environ: the environment; by default that of the process.
        program: node or rqlited, each of which looks only at the files it uses itself (under systemd it cannot see
            the other's); "" looks at all of them.

    Raises:
        ConfigError: with every problem there is.
    """
    return cast("NodeConfig", _load("node", path, flags, environ, program))


def load_gateway(
    path: Path | None,
    *,
    flags: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
    program: str = "gateway",
) -> GatewayConfig:
    """Load gateway.yaml; arguments and errors are those of ``load_node``."""
    return cast("GatewayConfig", _load("gateway", path, flags, environ, program))


def load_client(
    path: Path | None, *, flags: Mapping[str, object] | None = None, environ: Mapping[str, str] | None = None
) -> ClientConfig:
    """Load client.yaml; arguments and errors are those of ``load_node``."""
    return cast("ClientConfig", _load("client", path, flags, environ, ""))


def validate_file(
    kind: str,
    path: Path,
    *,
    flags: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
    program: str = "",
) -> Report:
    """Check a file without raising; ``kind`` is node, bootstrap, gateway or client."""
    text, problem = yamlfile.read(path)
    if problem:
        return Report(None, (problem,))
    report = validate_text(kind, text, name=printable(path), flags=flags, environ=environ, program=program)
    return report if report.config is None else Report(report.config, (), tuple(notices(report.config, path)))


def validate_text(
    kind: str,
    text: str | None,
    *,
    name: str = "configuration",
    flags: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
    program: str = "",
) -> Report:
    """Check a YAML text, merged with environment and flags, by the code that start-up uses.

    Args:
        kind: node, bootstrap, gateway or client.
        text: the YAML text; None for no file at all.
        name: what to call the text in problems that concern it as a whole.
        flags: see ``load_node``.
        environ: see ``load_node``.
        program: see ``load_node``.

    Raises:
        ValueError: there is no such kind.
    """
    schema = for_kind(kind)
    environ = os.environ if environ is None else environ
    document = yamlfile.Document() if text is None else yamlfile.parse(text, name)
    if document.problem:
        return Report(None, (document.problem,), lasting=True)

    merged = merge(schema, document.value, environ, flags or {})
    faults, values = _faults(schema, document, merged, Situation(environ, program))
    if faults:
        lasting = bool(_faults(schema, document, merged, Situation(environ, program, files=False))[0])
        return Report(None, tuple(problems(schema, merged, document.lines, faults)), lasting=lasting)
    config = build(schema, values, environ)
    return Report(config, (), tuple(notices(config)))


def _faults(
    schema: FileSchema, document: yamlfile.Document, merged: Merged, situation: Situation
) -> tuple[list[Fault], dict[str, Any]]:
    """Return what is wrong, and the validated values."""
    validator = ConfigValidator(schema.fields, situation=situation)
    validator.validate(merged.document)
    faults = [*document.faults, *merged.faults, *validator.errors]
    sound = _sound(schema, validator.document, faults)
    faults += [fault for rule in schema.rules for fault in rule(sound, situation)]
    return faults, validator.document


def _load(
    kind: str, path: Path | None, flags: Mapping[str, object] | None, environ: Mapping[str, str] | None, program: str
) -> Config:
    report = (
        validate_text(kind, None, flags=flags, environ=environ, program=program)
        if path is None
        else validate_file(kind, Path(path), flags=flags, environ=environ, program=program)
    )
    if report.config is None:
        raise ConfigError(report.problems, lasting=report.lasting)
    return report.config


def _sound(schema: FileSchema, document: Mapping[str, Any], faults: list[Fault]) -> dict[str, Any]:
    """The document without the values that have a fault, for the rules that concern several values."""
    faulty = {fault.path for fault in faults}
    sound: dict[str, Any] = {name: {} for name, field in schema.fields.items() if field["type"] == "dict"}
    for path, _ in schema.leaves():
        value = _sound_value(document, path, faulty)
        if value is not None:
            place = sound if len(path) == 1 else sound[str(path[0])]
            place[str(path[-1])] = value
    return sound


def _sound_value(document: Mapping[str, Any], path: KeyPath, faulty: set[KeyPath]) -> Any:
    if any(path[: len(bad)] == bad or bad[: len(path)] == path for bad in faulty):
        return None
    value: Any = document
    for part in path:
        value = value[part]
    return value
