"""An API key, `ak_…:<namespace>`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from debros.client.credentials import secret_files
from debros.client.credentials.base import Credential

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

    from debros.client.calls.caller import Caller


class ApiKey(Credential):
    """An API key. Its text is in no repr and no error.

    Raises:
        ValueError: It is empty, or has characters no header can carry.
    """

    def __init__(self, key: str) -> None:
        if not key or not all("!" <= character <= "~" for character in key):  # visible ASCII
            raise ValueError("auth: an API key is visible ASCII characters without spaces, such as ak_…:my-app")
        self._headers = {"X-API-Key": key}
        self._namespace = key.partition(":")[2] or None

    @classmethod
    def from_file(cls, path: str | PathLike[str]) -> ApiKey:
        """Return the key that a file holds.

        Raises:
            ValueError: Others may read the file, or it holds no key.
            OSError: It cannot be read.
        """
        try:
            return cls(secret_files.read(Path(path)))
        except secret_files.OpenFileError as error:
            raise ValueError(f"auth: {error}") from None

    @property
    def namespace(self) -> str | None:
        """What stands behind the colon."""
        return self._namespace

    async def headers(self, caller: Caller) -> Mapping[str, str]:  # noqa: ARG002 - it asks nobody
        """Return the header."""
        return self._headers
