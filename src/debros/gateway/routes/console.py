"""The console: a page and its files. What it shows it asks for itself, as whoever signs in there."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from debros.gateway.errors import Problem
from debros.gateway.openapi.describe import Body, Parameter, describe
from debros.gateway.pages import console, files

_TAG = "Console"
_PAGE = {"Content-Security-Policy": files.POLICY}
_HTML = "text/html"


@describe(_TAG, answers={200: Body(raw=_HTML, description="The page")})
async def page(_: Request) -> Response:
    """Answer the console, on which owners see the network and what is theirs."""
    return Response(console.file("console.html"), media_type=_HTML, headers=_PAGE)


@describe(
    _TAG,
    parameters=(Parameter("name", "Which one", {"enum": list(console.FILES)}, place="path"),),
    answers={200: Body(raw="*/*", description="The file")},
    codes=frozenset({"not_found"}),
)
async def file(request: Request) -> Response:
    """Answer a file of the console."""
    name = request.path_params["name"]
    if name not in console.FILES:
        raise Problem(404, "not_found", "the console has no such file")
    return Response(console.file(name), media_type=files.media_type(name), headers=_PAGE)


ROUTES = [
    Route("/console", page, methods=["GET"]),
    Route("/console/files/{name}", file, methods=["GET"]),
]
