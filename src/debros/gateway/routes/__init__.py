"""The routes, one file per group, and their list."""

from starlette.routing import BaseRoute

from debros.gateway.routes import (
    apps,
    auth,
    console,
    database,
    device,
    health,
    keys,
    login,
    namespaces,
    network,
    pubsub,
    reference,
    selects,
    sessions,
    status,
    storage,
)


def all_routes() -> list[BaseRoute]:
    """Return every route of the gateway."""
    groups = (
        health, status, auth, login, device, sessions, keys, namespaces, apps, database, selects, storage, pubsub,
        network, console, reference,
    )  # fmt: skip
    return [route for group in groups for route in group.ROUTES]
