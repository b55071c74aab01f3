"""The values of the options that every command takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

DEFAULT_TIMEOUT = 30.0  # seconds; the contract's `--timeout 30s`


@dataclass
class Settings:
    """What the user asked for on this command line, wherever on it the option stood.

    Attributes:
        format: form of the data on stdout and of errors on stderr.
        timeout: seconds one exchange with the gateway may take.
        gateway: `--gateway`, not yet checked.
        bootstrap: `--bootstrap`, not yet checked.
        production: use the gateway installed on this host.
        api_key_file: file holding an API key to use instead of the stored one.
        no_input: never ask or wait for a person.
        quiet: say nothing on stderr but errors.
        verbose: how often `-v` was given; from 1 on, requests are shown on stderr.
    """

    format: Literal["table", "json"] = "table"
    timeout: float = DEFAULT_TIMEOUT
    gateway: str | None = None
    bootstrap: str | None = None
    production: bool = False
    api_key_file: Path | None = None
    no_input: bool = False
    quiet: bool = False
    verbose: int = 0
