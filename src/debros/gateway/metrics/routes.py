"""The name of a request in figures: the template of its route, never its path."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from starlette.routing import BaseRoute, Route, WebSocketRoute

if TYPE_CHECKING:
    import re

UNMATCHED: Final = "unmatched"
OTHER: Final = "other"


class RouteNames:
    """Finds the template, also for requests that are refused before they are routed.

    Args:
        routes: Those of the application.
    """

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        self._exact: dict[str, str] = {}
        self._patterns: list[tuple[re.Pattern[str], str]] = []
        self._methods: dict[str, set[str]] = {UNMATCHED: set()}
        for route in routes:
            if not isinstance(route, Route | WebSocketRoute):
                raise TypeError(f"figures do not know this kind of route: {route!r}")
            methods = (route.methods or set()) if isinstance(route, Route) else set()
            self._methods.setdefault(route.path, {"OPTIONS"}).update(methods)
            if "{" in route.path:
                self._patterns.append((route.path_regex, route.path))
            else:
                self._exact[route.path] = route.path

    def find(self, path: str, method: str) -> tuple[str, str]:
        """Return template and method; a method the route does not have, and every one without a route, is `other`."""
        template = self._exact.get(path) or next(
            (template for pattern, template in self._patterns if pattern.match(path)), UNMATCHED
        )
        return template, method if method in self._methods[template] else OTHER
