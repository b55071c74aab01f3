"""Options every command takes, before and after its name, and the click classes that add them and lay out the help.

The options stand on the program, on each group and on each command; what is given further right wins. They are not
passed to the command functions: those receive the `Settings` they were collected in (`@click.pass_obj`).
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from debros.cli.settings import CONFIG_VARIABLE, VARIABLES, Settings
from debros.terminal import output
from debros.terminal.durations import DurationType
from debros.terminal.errors import CliError

if TYPE_CHECKING:
    from collections.abc import Sequence

CONTEXT_SETTINGS: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class GlobalOption(click.Option):
    """An option of every command; the help shows it in its own section, with what stands for it elsewhere."""

    def __init__(self, names: Sequence[str], **attributes: Any) -> None:
        super().__init__(names, **attributes)
        if variable := VARIABLES.get(self.name):
            self.help = f"{self.help} [{variable}; client.yaml: {self.name}]"


def _store(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    if ctx.get_parameter_source(param.name) is not ParameterSource.COMMANDLINE:
        return
    settings = ctx.ensure_object(Settings)
    if param.name == "verbose":
        value += settings.verbose
    setattr(settings, param.name, value)
    settings.given.add(param.name)


def _global(*names: str, **attributes: Any) -> GlobalOption:
    return GlobalOption(names, expose_value=False, callback=_store, **attributes)


_GLOBAL_OPTIONS = (
    _global("--gateway", metavar="URL", help="Gateway to talk to."),
    _global(
        "--bootstrap",
        metavar="MULTIADDR",
        help="Talk to the gateway on the host of this bootstrap peer; its port is the peer's plus 2000 (4001 → 6001).",
    ),
    _global("--production", is_flag=True, help="Talk to the gateway installed on this host under /opt/debros."),
    _global(
        "--api-key-file",
        metavar="PATH",
        type=click.Path(path_type=Path),
        help="Read the API key from this file (mode 0600) instead of the stored credentials.",
    ),
    _global(
        "--key-file",
        metavar="PATH",
        type=click.Path(path_type=Path),
        help="Sign in, when it is needed, with the Ethereum wallet whose key (64 hex digits) is in this file.",
    ),
    _global(
        "--namespace",
        metavar="NAME",
        help="Sign in to this namespace, and use the stored credential of it.",
    ),
    _global("--format", type=click.Choice(["table", "json"]), help="Form of data and errors (default: table)."),
    _global("--timeout", metavar="TIME", type=DurationType(), help="Longest wait for one answer (default: 30s)."),
    _global("--no-input", is_flag=True, help="Never wait for a person; fail instead."),
    _global(
        "--config",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help=f"Read defaults for these options from this file (default: ~/.debros/client.yaml). [{CONFIG_VARIABLE}]",
    ),
    _global("-q", "--quiet", is_flag=True, help="Nothing on stderr but errors."),
    _global("-v", "--verbose", count=True, help="Show requests on stderr."),
)


class _Helpful(click.Command):
    """Adds the global options, and a help page that starts with examples."""

    def __init__(self, *args: Any, examples: Sequence[str] = (), **kwargs: Any) -> None:
        kwargs["context_settings"] = CONTEXT_SETTINGS | (kwargs.get("context_settings") or {})
        super().__init__(*args, **kwargs)
        self.examples = tuple(examples)
        self.params.extend(_GLOBAL_OPTIONS)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """Write the summary, then the examples, then the rest of the text."""
        summary, _, rest = inspect.cleandoc(self.help or "").partition("\n\n")
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(summary)
        if self.examples:
            with formatter.section("Examples"):
                for example in self.examples:
                    formatter.write(f"{'':{formatter.current_indent}}{example}\n")
        if rest:
            formatter.write_paragraph()
            with formatter.indentation():
                formatter.write_text(rest)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the command's own options and, apart from them, those of every command."""
        sections: dict[str, list[tuple[str, str]]] = {"Options": [], "Options of every command": []}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None and not isinstance(param, click.Argument):
                shared = isinstance(param, GlobalOption)
                sections["Options of every command" if shared else "Options"].append(record)
        for title, records in sections.items():
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)


class Command(_Helpful):
    """A command of this program.

    Args:
        unconfigured: it runs although client.yaml has problems, and says that it goes on without the file.
    """

    def __init__(self, *args: Any, unconfigured: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._unconfigured = unconfigured

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command with settings that are complete."""
        from debros.cli import defaults  # noqa: PLC0415 - the help page needs none of it

        settings = ctx.ensure_object(Settings)
        try:
            defaults.fill(settings)
        except CliError as exc:
            if not self._unconfigured or exc.code != "config_invalid":
                raise
            output.say(settings, f"Notice: going on without the defaults of client.yaml. {exc.message}")
        return super().invoke(ctx)


class Group(_Helpful, click.Group):
    """A group of commands; the help lists them before the options."""

    command_class = Command

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands, then the options."""
        self.format_commands(ctx, formatter)
        _Helpful.format_options(self, ctx, formatter)
