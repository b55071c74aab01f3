"""Apps registered in the caller's namespace."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from debros.gateway.answers.tenants import AppDeletedAnswer, AppsAnswer
from debros.gateway.auth import inputs
from debros.gateway.auth.apps import App
from debros.gateway.auth.caller import caller
from debros.gateway.bodies import json, read_json
from debros.gateway.errors import Problem
from debros.gateway.idempotency import claim, kept, once, without
from debros.gateway.openapi.codes import JSON_BODY, KEYS
from debros.gateway.openapi.describe import Parameter, describe
from debros.gateway.state import principal, services

_LONGEST_KEY = 1024
_TAG = "Apps"
_WHICH = (Parameter("app_id", "the app", place="path"),)
_INPUT = JSON_BODY | KEYS | {"invalid_name", "invalid_public_key"}


class NewApp(msgspec.Struct):
    """An app to make."""

    name: str
    public_key: str = ""


class AppChange(msgspec.Struct):
    """What to change about an app."""

    name: str | None = None
    public_key: str | None = None


_new_decoder = msgspec.json.Decoder(NewApp)
_change_decoder = msgspec.json.Decoder(AppChange)


@describe(_TAG, AppsAnswer, codes=KEYS)
async def list_apps(request: Request) -> Response:
    """Answer the namespace's apps; `items` is the same list under its other name."""
    held = services(request)
    await held.auth.gate.tables()
    apps = await held.auth.apps.list(principal(request.scope).namespace)
    answer: AppsAnswer = {"apps": apps, "items": apps, "count": len(apps)}
    return json(answer)


@describe(_TAG, App, status=201, body=NewApp, codes=_INPUT | {"too_many_apps"})
async def create(request: Request) -> Response:
    """Make an app."""
    held, by = services(request), principal(request.scope)
    sent = await read_json(request, _new_decoder)
    name = _name(sent.name)
    public_key = _public_key(sent.public_key)
    await held.auth.gate.tables()
    claimed = claim(request.scope)
    if claimed is not None:
        claimed.render = lambda app: kept(_made(app))
    return _made(await held.auth.apps.create(by, name, public_key, caller(request.scope), claimed))


@describe(_TAG, App, parameters=_WHICH, codes=KEYS | {"app_not_found"})
async def show(request: Request) -> Response:
    """Answer one app."""
    held = services(request)
    await held.auth.gate.tables()
    return _answer(await held.auth.apps.get(principal(request.scope).namespace, request.path_params["app_id"]))


@describe(_TAG, App, parameters=_WHICH, body=AppChange, codes=_INPUT | {"app_not_found"})
async def change(request: Request) -> Response:
    """Change an app's name, its public key, or both."""
    held, by = services(request), principal(request.scope)
    sent = await read_json(request, _change_decoder)
    name = None if sent.name is None else _name(sent.name)
    public_key = None if sent.public_key is None else _public_key(sent.public_key)
    if name is None and public_key is None:
        raise Problem(400, "invalid_body", "send name, public_key or both")
    await held.auth.gate.tables()
    who = caller(request.scope)
    return _answer(await held.auth.apps.change(by, request.path_params["app_id"], name, public_key, who))


@describe(_TAG, AppDeletedAnswer, parameters=_WHICH, codes=KEYS | {"app_not_found"})
async def delete(request: Request) -> Response:
    """Remove an app."""
    held, by = services(request), principal(request.scope)
    identity = request.path_params["app_id"]
    await held.auth.gate.tables()
    if not await held.auth.apps.delete(by, identity, caller(request.scope)):
        raise _not_found()
    answer: AppDeletedAnswer = {"status": "ok", "app_id": identity}
    return json(answer)


def _answer(app: App | None) -> Response:
    if app is None:
        raise _not_found()
    return json(app)


def _name(text: str) -> str:
    name = inputs.label(text, "name")
    if not name:
        raise Problem(400, "invalid_name", "name is empty; give the app a name")
    return name


def _public_key(text: str) -> str:
    if len(text) > _LONGEST_KEY or not text.isprintable():
        raise Problem(
            400, "invalid_public_key", f"public_key must be printable and have at most {_LONGEST_KEY} characters"
        )
    return text


def _made(app: App) -> Response:
    return json(app, 201)


def _not_found() -> Problem:
    return Problem(404, "app_not_found", "no such app in this namespace")


ROUTES = [
    Route("/v1/apps", list_apps, methods=["GET"]),
    Route("/v1/apps", once(create), methods=["POST"]),
    Route("/v1/apps/{app_id}", show, methods=["GET"]),
    Route("/v1/apps/{app_id}", without(change), methods=["PUT"]),
    Route("/v1/apps/{app_id}", without(delete), methods=["DELETE"]),
]
