"""What happens to credentials: stored, ended, forgotten, chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from debros.cli.credentials.file import check_writable, editing
from debros.cli.credentials.lock import PATIENCE
from debros.cli.credentials.records import ApiKey, Credential, Session, from_entry

if TYPE_CHECKING:
    from pathlib import Path

    from debros.cli.credentials.file import Credentials


def save_api_key(
    path: Path | None, gateway_url: str, api_key: str, namespace: str, *, make_current_if_none: bool = True
) -> None:
    """Store an API key for a gateway, in place of one for the same namespace.

    Args:
        path: the credentials file, None for the default one.
        gateway_url: for example ``http://localhost:6001``.
        api_key: the key.
        namespace: what it opens.
        make_current_if_none: make this the gateway to use when none is named, unless there is one already.

    Raises:
        CliError: as for `editing`.
    """
    with editing(path) as stored:
        _put(_entry(stored, gateway_url), ApiKey(api_key, namespace))
        if make_current_if_none and not stored.current:
            stored.document["current"] = gateway_url.rstrip("/")


def check_storable(path: Path | None, *, patience: float = PATIENCE) -> None:
    """See that a session could be stored now: nobody holds the lock, the file can be read, and written anew.

    Raises:
        CliError: as for `editing`.
    """
    with editing(path, patience) as stored:
        check_writable(stored)


def save_session(
    path: Path | None, url: str, session: Session, *, choose: bool = True, patience: float = PATIENCE
) -> None:
    """Store a session that was just opened, and use it at its gateway from now on.

    Args:
        path: the credentials file, None for the default one.
        url: the gateway.
        session: with its tokens.
        choose: make this the gateway to use when none is named, also if there is one already.
        patience: seconds to wait for another process.

    Raises:
        CliError: as for `editing`.
    """
    with editing(path, patience) as stored:
        entry = _entry(stored, url)
        entry["current"] = _put(entry, session)
        if choose or not stored.current:
            stored.document["current"] = stored.name_of(url)


def replace_session(stored: Credentials, url: str, session: Session) -> None:
    """Put new tokens in the place of old ones, in a file that is being edited."""
    _put(_entry(stored, url), session)


def forget(path: Path | None, url: str, credential: Credential, *, patience: float = PATIENCE) -> None:
    """Remove a credential; the first one that is left of its gateway is used then.

    Raises:
        CliError: as for `editing`.
    """
    with editing(path, patience) as stored:
        name = stored.name_of(url)
        if name is None:
            return
        entry = stored.document["gateways"][name]
        in_use = entry["credentials"][entry["current"] : entry["current"] + 1]
        entry["credentials"] = [one for one in entry["credentials"] if not _same(from_entry(one), credential)]
        kept = [index for index, one in enumerate(entry["credentials"]) if one in in_use]
        entry["current"] = kept[0] if kept else 0


def switch(path: Path | None, url: str, credential: Credential | None, *, patience: float = PATIENCE) -> None:
    """Use a gateway, and one of its credentials, from now on.

    Args:
        path: the credentials file, None for the default one.
        url: of a gateway that is stored.
        credential: one of it, None for the one that is in use there.
        patience: seconds to wait for another process.

    Raises:
        CliError: as for `editing`.
    """
    with editing(path, patience) as stored:
        name = stored.name_of(url)
        if name is None:
            return  # forgotten since it was looked up
        stored.document["current"] = name
        entry = stored.document["gateways"][name]
        for index, one in enumerate(entry["credentials"]):
            if credential is not None and _same(from_entry(one), credential):
                entry["current"] = index


def find(stored: Credentials, url: str, like: Credential) -> Credential | None:
    """Return the stored credential of the same type, wallet and namespace, None when there is none."""
    name = stored.name_of(url)
    entries = stored.document["gateways"][name]["credentials"] if name else []
    return next((one for one in map(from_entry, entries) if _same(one, like)), None)


def _entry(stored: Credentials, url: str) -> dict[str, Any]:
    name = stored.name_of(url) or url.rstrip("/")
    entry: dict[str, Any] = stored.document["gateways"].setdefault(name, {"credentials": [], "current": 0})
    return entry


def _put(entry: dict[str, Any], credential: Credential) -> int:
    """Store a credential in place of the same one; return where."""
    for index, known in enumerate(entry["credentials"]):
        if _same(from_entry(known), credential):
            known.update(credential.entry())
            return index
    entry["credentials"].append(credential.entry())
    return len(entry["credentials"]) - 1


def _same(one: Credential | None, other: Credential) -> bool:
    return one is not None and (one.type, one.wallet, one.namespace) == (other.type, other.wallet, other.namespace)
