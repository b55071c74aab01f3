import pytest
from starlette.routing import Mount

from debros.gateway.metrics.routes import RouteNames
from debros.gateway.routes import all_routes


@pytest.mark.parametrize(
    ("path", "method", "found"),
    [
        ("/v1/rqlite/query", "POST", ("/v1/rqlite/query", "POST")),
        ("/v1/rqlite/query", "GET", ("/v1/rqlite/query", "other")),
        ("/v1/rqlite/query", "OPTIONS", ("/v1/rqlite/query", "OPTIONS")),
        ("/v1/rqlite/query/", "POST", ("unmatched", "other")),
        ("/v1/apps/7f3a", "PUT", ("/v1/apps/{app_id}", "PUT")),
        ("/v1/apps/7f3a", "BREW", ("/v1/apps/{app_id}", "other")),
        ("/v1/apps/a/b", "PUT", ("unmatched", "other")),
        ("/v1/namespaces/shop/owners", "DELETE", ("/v1/namespaces/{ns}/owners", "DELETE")),
        ("/v1/apps", "POST", ("/v1/apps", "POST")),
        ("/v1/pubsub/ws", "GET", ("/v1/pubsub/ws", "GET")),
        ("/nowhere", "GET", ("unmatched", "other")),
        ("", "", ("unmatched", "other")),
        ("{ns}", "GET", ("unmatched", "other")),
    ],
)
def test_the_name_of_a_request(path, method, found) -> None:
    assert RouteNames(all_routes()).find(path, method) == found


def test_a_kind_of_route_it_cannot_name_is_noticed_at_the_start() -> None:
    with pytest.raises(TypeError, match="Mount"):
        RouteNames([Mount("/files", routes=[], name="files")])
