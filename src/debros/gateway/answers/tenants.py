"""Answers about what belongs to a namespace: API keys, owners, apps."""

from typing import Literal, TypedDict

from debros.gateway.auth.api_keys import ListedKey
from debros.gateway.auth.apps import App
from debros.gateway.auth.owners import Owner


class ApiKeyAnswer(TypedDict):
    """A new API key; it is shown this once."""

    api_key: str
    namespace: str
    plan: str
    wallet: str


class ApiKeysAnswer(TypedDict):
    """The good API keys of the namespace by their beginnings."""

    api_keys: list[ListedKey]
    count: int


class RevokedAnswer(TypedDict):
    """The API key that is good no more."""

    status: Literal["ok"]
    id: str


class OwnersAnswer(TypedDict):
    """The owners of a namespace, the first one first."""

    namespace: str
    owners: list[Owner]
    count: int


class OwnerAnswer(TypedDict):
    """The wallet that is, or is no more, an owner."""

    status: Literal["ok"]
    namespace: str
    wallet: str


class AppsAnswer(TypedDict):
    """The apps of a namespace; `items` is the same list under its other name."""

    apps: list[App]
    items: list[App]
    count: int


class AppDeletedAnswer(TypedDict):
    """The app that is no more."""

    status: Literal["ok"]
    app_id: str
