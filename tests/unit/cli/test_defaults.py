"""Flag > environment variable > client.yaml > default, for everything that every command takes."""

import itertools
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from debros.cli import defaults
from debros.cli.main import cli
from debros.cli.options import Command, GlobalOption
from debros.cli.settings import CONFIG_VARIABLE, VARIABLES, Settings
from debros.config.schema import CLIENT

PEER = "/ip4/10.0.0.7/tcp/4001"
# setting, default, and a value from each other source with how it is read; without words there is no such option
SOURCES = [
    ("gateway", None, ("yaml:1", "yaml:1"), ("env:1", "env:1"), (["--gateway", "flag:1"], "flag:1")),
    ("bootstrap", None, (PEER, PEER), (f"{PEER}1", f"{PEER}1"), (["--bootstrap", f"{PEER}2"], f"{PEER}2")),
    ("production", False, ("true", True), ("off", False), (["--production"], True)),
    ("api_key_file", None, ("a", Path("a")), ("b", Path("b")), (["--api-key-file", "$c"], Path("$c"))),
    ("credentials_file", None, ("~/a", Path("home/a")), ("b", Path("b")), ([], None)),
    ("key_file", None, ("a", Path("a")), ("b", Path("b")), (["--key-file", "./c$"], Path("c$"))),
    ("namespace", None, ("a", "a"), ("b", "b"), (["--namespace", "c"], "c")),
    ("format", "table", ("json", "json"), ("table", "table"), (["--format", "json"], "json")),
    ("timeout", 30, ("1s", 1), ("2m", 120), (["--timeout", "200ms"], 0.2)),
    ("no_input", False, ("true", True), ("0", False), (["--no-input"], True)),
    ("quiet", False, ("true", True), ("0", False), (["-q"], True)),
    ("verbose", 0, ("true", 1), ("false", 0), (["-v", "-vv"], 3)),
]


def settings_of(*words: str) -> Settings:
    """Return what a command would be given."""
    seen: list[Settings] = []

    @click.command("probe", cls=Command)
    @click.pass_obj
    def probe(settings: Settings) -> None:
        seen.append(settings)

    probe.main(list(words), standalone_mode=False, obj=Settings())
    return seen[0]


@pytest.fixture
def file(home) -> Path:
    (home / ".debros").mkdir()
    return home / ".debros" / "client.yaml"


@pytest.mark.parametrize(("with_yaml", "with_env", "with_flag"), list(itertools.product([False, True], repeat=3)))
@pytest.mark.parametrize("source", SOURCES, ids=[source[0] for source in SOURCES])
def test_the_strongest_source_wins(source, with_yaml, with_env, with_flag, file, home, monkeypatch) -> None:
    name, expected, (yaml, from_yaml), (env, from_env), (words, from_flag) = source
    if with_yaml:
        file.write_text(f"{name}: {yaml}\n")
        expected = home.parent / from_yaml if name == "credentials_file" else from_yaml
    if with_env:
        monkeypatch.setenv(VARIABLES[name], env)
        expected = from_env
    if with_flag and words:
        expected = from_flag
    assert getattr(settings_of(*(words if with_flag else [])), name) == expected


def test_every_key_and_variable_is_among_them() -> None:
    schema = {str(path[0]): leaf["meta"]["env"] for path, leaf in CLIENT.leaves()}
    assert schema == VARIABLES
    assert {source[0] for source in SOURCES} == schema.keys()


def test_the_settings_have_the_defaults_of_the_schema(file) -> None:
    file.write_text("{}\n")
    assert settings_of() == Settings()


def test_the_help_names_key_and_variable_of_every_option() -> None:
    for option in (param for param in cli.params if isinstance(param, GlobalOption)):
        if option.name == "config":
            assert CONFIG_VARIABLE in option.help
            continue
        leaf = CLIENT.fields[option.name]
        assert f"[{leaf['meta']['env']}; client.yaml: {option.name}]" in option.help
        assert leaf["meta"]["flag"] in option.opts


def test_without_a_file_and_a_variable_no_schema_is_loaded(gateway) -> None:
    script = (
        "import sys; from debros.cli.main import cli\n"
        f"try: cli.main(['storage', 'list', '--gateway', {gateway.url!r}])\n"
        "except SystemExit as exc: assert exc.code == 0\n"
        "assert 'httpx' in sys.modules and 'cerberus' not in sys.modules and 'yaml' not in sys.modules"
    )
    gateway.answer("/v1/storage/list", {"keys": []})
    subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)


@pytest.mark.parametrize("words", [["--config", "named.yaml"], []])
def test_a_file_that_is_named_is_read_instead(words, file, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    file.write_text("timeout: 1s\n")
    Path("named.yaml").write_text("timeout: 2s\n")
    Path("other.yaml").write_text("timeout: 3s\n")
    monkeypatch.setenv(CONFIG_VARIABLE, "other.yaml" if words else "named.yaml")
    assert settings_of(*words).timeout == 2


@pytest.mark.parametrize("words", [["--config", "none.yaml"], []])
def test_a_file_that_is_named_must_be_there(words, run, monkeypatch) -> None:
    monkeypatch.setenv(CONFIG_VARIABLE, "other.yaml" if words else "none.yaml")
    done = run("health", *words)
    assert done.exit_code == 1
    assert done.stderr == (
        "Configuration errors (1):\n  - none.yaml: file not found; write one with: network-cli config init\n"
    )


def test_all_problems_of_all_sources_are_told_together(file, run, monkeypatch) -> None:
    file.write_text("gatway: a:1\ntimeout: 5\nno_input: maybe\n")
    monkeypatch.setenv("DEBROS_FORMAT", "xml")
    done = run("health")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        "Configuration errors (4):",
        '  - format: invalid value "xml"; allowed values: table, json (environment variable DEBROS_FORMAT)',
        "  - timeout: invalid duration 5; expected a number with a unit, like 15s, 24h or 1h30m",
        '  - no_input: expected boolean; got "maybe"',
        "  - gatway: unknown key (line 1); did you mean gateway?",
    ]


def test_problems_as_json(file, run) -> None:
    file.write_text("timeout: 0s\n")
    error = json.loads(run("health", "--format", "json").stderr)
    assert (error["code"], error["exit_code"]) == ("config_invalid", 1)
    assert error["problems"] == [{"path": "timeout", "message": "must be > 0", "hint": "got 0s"}]


def test_a_flag_hides_what_is_wrong_below_it(file) -> None:
    file.write_text("timeout: never\ngateway: ftp://host\n")
    settings = settings_of("--timeout", "3s", "--production")
    assert (settings.timeout, settings.production, settings.gateway) == (3, True, None)


def test_a_bad_flag_is_a_usage_error_whatever_the_file_says(file, run) -> None:
    file.write_text("timeout: never\n")
    done = run("health", "--gateway", "ftp://host")
    assert done.exit_code == 2
    assert "--gateway: 'ftp://host' is not the address of a gateway" in done.stderr


def test_a_bad_variable_is_named_and_its_password_is_not_shown(run, monkeypatch) -> None:
    monkeypatch.setattr(defaults, "FILE", Path("/nowhere"))
    done = run("health", env={"DEBROS_GATEWAY_URL": "http://me:hunter2@host"})
    assert done.exit_code == 1
    assert "environment variable DEBROS_GATEWAY_URL" in done.stderr
    assert "hunter2" not in done.stderr


def test_the_form_of_the_file_is_also_that_of_errors(file, gateway, run) -> None:
    file.write_text("format: json\n")
    gateway.refuse("/v1/storage/list", 401, "missing_api_key")
    assert json.loads(run("storage", "list").stderr)["code"] == "missing_api_key"


def test_the_variable_gives_usage_errors_their_form_too(run) -> None:
    assert json.loads(run("storage", "--nonsense", env={"DEBROS_FORMAT": "json"}).stderr)["code"] == "usage"
    done = run("storage", "--nonsense", "--format", "table", env={"DEBROS_FORMAT": "json"})
    assert done.stderr.startswith("Error:")


def every_command(group: click.Group = cli) -> Iterator[click.Command]:
    ctx = click.Context(group)
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        assert command is not None
        yield command
        if isinstance(command, click.Group):
            yield from every_command(command)


def test_no_option_of_a_command_shares_a_name_with_one_of_all() -> None:
    for command in every_command():
        shared = {param.name for param in command.params if isinstance(param, GlobalOption)}
        own = {param.name for param in command.params if not isinstance(param, GlobalOption)}
        assert shared & own == set(), command.name
