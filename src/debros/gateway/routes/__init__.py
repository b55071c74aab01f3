"""The routes, one file per group, and their list."""

from starlette.routing import BaseRoute

from debros.gateway.routes import database, health, network, pubsub, status, storage


def all_routes() -> list[BaseRoute]:
    """Return every route of the gateway."""
    return [*health.ROUTES, *status.ROUTES, *database.ROUTES, *storage.ROUTES, *pubsub.ROUTES, *network.ROUTES]
