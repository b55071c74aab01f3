"""Stored credentials in words, and the one that is meant."""

from __future__ import annotations

import datetime as dt
import time
from typing import TYPE_CHECKING

from debros.cli.credentials import ApiKey
from debros.terminal.errors import CliError, ExitCode

if TYPE_CHECKING:
    from debros.cli.credentials import Credential, Credentials


def choose(stored: Credentials, url: str, wallet: str | None, namespace: str | None) -> Credential:
    """Return the one credential of a gateway that is meant; without wallet and namespace the one in use there.

    Raises:
        CliError: there is none, or there are several.
    """
    name = stored.name_of(url)
    there = [one for gateway, one in stored.known() if gateway == name]
    found = [one for one in there if _is(one, wallet, namespace)]
    if wallet is None and namespace is None and found:
        return stored.for_gateway(url) or found[0]
    if len(found) == 1:
        return found[0]
    if found:
        message = f"several credentials of {url} are meant: {', '.join(map(named, found))}"
        raise CliError(message, code="usage", exit_code=ExitCode.USAGE, hint="add --wallet or --namespace")
    raise CliError(
        f"no such credential of {url} is stored; there is: {', '.join(map(named, there)) or 'none'}",
        code="not_found",
        exit_code=ExitCode.NOT_FOUND,
        hint=f"network-cli auth login --gateway {url}",
    )


def state(one: Credential) -> str:
    """Say how good a credential is, as far as this machine knows."""
    if isinstance(one, ApiKey):
        return "good until revoked"
    if one.over:
        return "over"
    if one.expires_at <= time.time():
        return "to be refreshed"
    return f"good until {dt.datetime.fromtimestamp(one.expires_at, dt.UTC):%Y-%m-%d %H:%M:%SZ}"


def named(one: Credential) -> str:
    """Name a credential without its secret."""
    who = f"wallet {one.wallet}" if one.wallet else "an API key"
    return f"{who}, namespace {one.namespace}"


def _is(one: Credential, wallet: str | None, namespace: str | None) -> bool:
    # Ethereum's addresses are the same in any case of their letters; those of Solana are never equal but for it.
    return (wallet is None or one.wallet.lower() == wallet.lower()) and namespace in (None, one.namespace)
