"""The namespace's values by key (docs/storage.md). Every method raises DebrosError as errors.py tells."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from debros.client.calls.caller import positive
from debros.client.calls.keys import Idempotency, read, write
from debros.client.calls.request import Request

if TYPE_CHECKING:
    from debros.client.calls.caller import Caller
    from debros.client.calls.request import Answer

_NOT_MODIFIED = 304
_PAGE = 1000  # keys: the most a gateway answers at once
# One ETag, several, or "*" for any value.
Tags = str | Sequence[str]


@dataclass(frozen=True, slots=True)
class Stored:
    """A value and what belongs to it; `expires_at` is None for one that stays."""

    data: bytes
    etag: str
    content_type: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Put:
    """What a put has made; `expires_at` is None for a value that stays."""

    key: str
    size: int
    etag: str
    expires_at: datetime | None


class KeyPage(msgspec.Struct, frozen=True):
    """Keys in order of their bytes; `next_cursor` is there when more follow."""

    keys: list[str]
    next_cursor: str | None = None


class _PutAnswer(msgspec.Struct):
    key: str
    size: int
    expires_at: datetime | None = None


class _Exists(msgspec.Struct):
    exists: bool


class Storage:
    """Values of one namespace. Writes carry an Idempotency-Key unless told otherwise, as those of SQL do."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def get(self, key: str, *, timeout: float | None = None) -> bytes:
        """Return a value.

        Raises:
            NotFoundError: There is none.
        """
        return (await self._caller.call(_get(key), timeout)).body

    async def fetch(
        self, key: str, *, if_none_match: Tags | None = None, timeout: float | None = None
    ) -> Stored | None:
        """Return a value with its ETag, type and end.

        Args:
            key: Whose.
            if_none_match: ETags you have the value of already; None is returned when it still is one of these.
            timeout: Seconds; None for the client's.

        Raises:
            NotFoundError: There is none.
        """
        answer = await self._caller.call(_get(key, _conditions(None, if_none_match)), timeout)
        if answer.status == _NOT_MODIFIED:
            return None
        ends = answer.headers.get("x-expires-at")
        kind = answer.headers.get("content-type", "")
        return Stored(answer.body, _etag(answer), kind, datetime.fromisoformat(ends) if ends else None)

    async def put(
        self,
        key: str,
        value: bytes | str,
        *,
        ttl: float | None = None,
        content_type: str = "application/octet-stream",
        if_match: Tags | None = None,
        if_none_match: Tags | None = None,
        idempotency: Idempotency = True,
        timeout: float | None = None,
    ) -> Put:
        """Store a value, in place of the one that is there.

        Args:
            key: 1 to 1,024 bytes of UTF-8.
            value: Bytes, or text, which is stored as UTF-8.
            ttl: Seconds until it ends; None for a value that stays.
            content_type: Given back by a get.
            if_match: Only if the value that is there has one of these ETags; "*": only if there is one.
            if_none_match: Only if it has none of these; "*": only if there is none.
            idempotency: True: with a key of the client's; a text: with this key; False: without.
            timeout: Seconds; None for the client's.

        Raises:
            PreconditionFailedError: A condition does not hold; nothing has changed.
        """
        query = {"key": key} if ttl is None else {"key": key, "ttl": format(positive("ttl", ttl), "f")}
        request = write(
            "/v1/storage/put",
            idempotency=idempotency,
            content=value.encode() if isinstance(value, str) else bytes(value),
            headers={"Content-Type": content_type, **_conditions(if_match, if_none_match)},
            query=query,
        )
        answer = await self._caller.call(request, timeout)
        made = answer.decode(_PutAnswer)
        return Put(made.key, made.size, _etag(answer), made.expires_at)

    async def delete(
        self,
        key: str,
        *,
        if_match: Tags | None = None,
        if_none_match: Tags | None = None,
        idempotency: Idempotency = True,
        timeout: float | None = None,
    ) -> None:
        """Remove a value; one that is not there is no error. The conditions are those of `put`.

        Raises:
            PreconditionFailedError: A condition does not hold; nothing has changed.
        """
        headers = _conditions(if_match, if_none_match)
        request = write("/v1/storage/delete", {"key": key}, idempotency=idempotency, headers=headers)
        await self._caller.call(request, timeout)

    async def exists(self, key: str, *, timeout: float | None = None) -> bool:
        """Tell whether there is a value."""
        request = read("GET", "/v1/storage/exists", query={"key": key})
        return (await self._caller.call(request, timeout)).decode(_Exists).exists

    async def list(
        self, prefix: str = "", *, limit: int = _PAGE, cursor: str | None = None, timeout: float | None = None
    ) -> KeyPage:
        """Return a page of keys that begin with `prefix`.

        Args:
            prefix: `%` and `_` in it are plain characters.
            limit: Most keys of the page, up to 1,000.
            cursor: `next_cursor` of the page before.
            timeout: Seconds; None for the client's.
        """
        query = {"prefix": prefix, "limit": str(limit)}
        request = read("GET", "/v1/storage/list", query=query if cursor is None else {**query, "cursor": cursor})
        return (await self._caller.call(request, timeout)).decode(KeyPage)

    async def keys(self, prefix: str = "", *, timeout: float | None = None) -> AsyncIterator[str]:
        """Yield all keys that begin with `prefix`; `timeout` in seconds is for each page."""
        cursor: str | None = None
        while True:
            page = await self.list(prefix, cursor=cursor, timeout=timeout)
            for key in page.keys:
                yield key
            cursor = page.next_cursor
            if cursor is None:
                return


def _get(key: str, headers: dict[str, str] | None = None) -> Request:
    return Request("GET", "/v1/storage/get", {"key": key}, headers or {}, accepted=(_NOT_MODIFIED,))


def _conditions(if_match: Tags | None, if_none_match: Tags | None) -> dict[str, str]:
    given = {"If-Match": if_match, "If-None-Match": if_none_match}
    return {
        name: tags if isinstance(tags, str) else ", ".join(tags) for name, tags in given.items() if tags is not None
    }


def _etag(answer: Answer) -> str:
    return answer.headers.get("etag", "")
