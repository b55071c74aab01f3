"""The values of the options that every command takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from pathlib import Path

DEFAULT_TIMEOUT = 30.0  # seconds; the contract's `--timeout 30s`

CONFIG_VARIABLE: Final = "DEBROS_CLIENT_CONFIG"

# Setting → the environment variable for it, as the schema of client.yaml has them. They stand here again because the
# help page must not load the schema; a test compares.
VARIABLES: Final = {
    "gateway": "DEBROS_GATEWAY_URL",
    "bootstrap": "DEBROS_BOOTSTRAP",
    "production": "DEBROS_PRODUCTION",
    "api_key_file": "DEBROS_API_KEY_FILE",
    "credentials_file": "DEBROS_CREDENTIALS_FILE",
    "key_file": "DEBROS_WALLET_KEY_FILE",
    "namespace": "DEBROS_NAMESPACE",
    "format": "DEBROS_FORMAT",
    "timeout": "DEBROS_TIMEOUT",
    "no_input": "DEBROS_NO_INPUT",
    "quiet": "DEBROS_QUIET",
    "verbose": "DEBROS_VERBOSE",
}


@dataclass
class Settings:
    """What the user asked for: on this command line, wherever on it the option stood, else as `defaults` found it.

    Attributes:
        format: form of the data on stdout and of errors on stderr.
        timeout: seconds one exchange with the gateway may take.
        gateway: `--gateway`, not yet checked.
        bootstrap: `--bootstrap`, not yet checked.
        production: use the gateway installed on this host.
        api_key_file: file holding an API key to use instead of the stored one.
        credentials_file: where credentials are stored, None for the default place.
        key_file: file holding an Ethereum wallet's key, which then signs in by itself.
        namespace: where to sign in, and which stored credential to use; None for the usual one.
        no_input: never ask or wait for a person.
        quiet: say nothing on stderr but errors.
        verbose: how often `-v` was given; from 1 on, requests are shown on stderr.
        config: the file of defaults that `--config` names.
        given: names of the attributes that the command line set.
    """

    format: Literal["table", "json"] = "table"
    timeout: float = DEFAULT_TIMEOUT
    gateway: str | None = None
    bootstrap: str | None = None
    production: bool = False
    api_key_file: Path | None = None
    credentials_file: Path | None = None
    key_file: Path | None = None
    namespace: str | None = None
    no_input: bool = False
    quiet: bool = False
    verbose: int = 0
    config: Path | None = None
    given: set[str] = field(default_factory=set)
