"""Durations on a command line."""

from __future__ import annotations

from typing import Any

import click


class DurationType(click.ParamType[float]):
    """A length of time as people write it (`30s`, `1h30m`), in seconds; longer than nothing.

    Args:
        bare_seconds: take a number without a unit for seconds, as `systemctl` and `curl` do.
    """

    name = "duration"

    def __init__(self, *, bare_seconds: bool = False) -> None:
        self._bare_seconds = bare_seconds

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return seconds, or fail with what was expected."""
        from debros.config.durations import Duration  # noqa: PLC0415 - help must not load the configuration package

        text = str(value).strip()
        if self._bare_seconds and text.isascii() and text.isdigit():
            text += "s"
        try:
            seconds = float(Duration.parse(text))
        except ValueError as exc:
            self.fail(f"{value!r}: {exc}", param, ctx)
        if seconds <= 0:
            self.fail(f"{value!r}: must be longer than 0", param, ctx)
        return seconds
