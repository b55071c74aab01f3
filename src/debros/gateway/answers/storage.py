"""Answers of the storage routes."""

from typing import Literal, NotRequired, TypedDict


class PutAnswer(TypedDict):
    """The value is kept; `size` in bytes, `expires_at` RFC 3339 where there is an end."""

    status: Literal["ok"]
    key: str
    size: int
    expires_at: NotRequired[str]


class DeletedAnswer(TypedDict):
    """There is no value under the key."""

    status: Literal["ok"]
    key: str


class ExistsAnswer(TypedDict):
    """Whether there is a value under the key."""

    exists: bool


class KeysAnswer(TypedDict):
    """A page of keys in order of their bytes; `next_cursor` is there when more follow."""

    keys: list[str]
    next_cursor: NotRequired[str]
