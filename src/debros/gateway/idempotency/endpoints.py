"""Endpoints of writes that honour the header; without it they are called as they are."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from debros import logs
from debros.gateway.errors import Problem
from debros.gateway.idempotency.answers import in_use, kept, refusal, repeated
from debros.gateway.idempotency.requests import keys_sent, new_claim
from debros.gateway.openapi.codes import AT_MOST_ONCE, ONCE
from debros.gateway.openapi.describe import Parameter, extended
from debros.gateway.problems import problem_for
from debros.gateway.state import services, timings
from debros.rqlite.errors import RqliteError, UnknownOutcome
from debros.tenants.idempotency import Answer, Claim, KeyTaken, Records

_log = logs.get("debros.gateway")
Endpoint = Callable[[Request], Awaitable[Response]]

_CLAIM = "idempotency_claim"
_HEADER = Parameter(
    "Idempotency-Key",
    "1 to 255 visible ASCII characters; a repeat within 24 h gets the first answer and changes nothing",
    place="header",
)
# Refusals that hang on the request and on what is stored: the same request would be refused again. All others are about
# the moment or the caller; they have applied nothing and leave the key free.
_FINAL = frozenset({400, 404, 409, 412, 413})


def once(endpoint: Endpoint) -> Endpoint:
    """Return a write's endpoint that honours the header; it takes `claim(scope)` along into its transaction."""
    return _wrapped(endpoint, ahead=False)


def at_most_once(endpoint: Endpoint) -> Endpoint:
    """Return an endpoint that honours the header as far as it can be for what no transaction covers.

    The key is claimed before anything is done. If the gateway dies in between, a repeat hears that nobody knows the
    outcome.
    """
    return _wrapped(endpoint, ahead=True)


def without(endpoint: Endpoint) -> Endpoint:
    """Return a write's endpoint that refuses the header, because its answer has a secret or its effect no record."""

    async def refusing(request: Request) -> Response:
        if keys_sent(request.scope):
            raise Problem(
                400,
                "idempotency_not_supported",
                "this route does not take an Idempotency-Key; send the request without it",
            )
        return await endpoint(request)

    return extended(refusing, endpoint, codes=frozenset({"idempotency_not_supported"}))


def claim(scope: Scope) -> Claim | None:
    """Return the claim that belongs to a request's write; None without the header."""
    found: Claim | None = scope["state"].get(_CLAIM)
    return found


def expect(scope: Scope, status: int, body: bytes, *, counted: bool = False) -> Claim | None:
    """Return the claim, told which JSON will be the answer if the write succeeds; `counted` as of `Claim`."""
    found = claim(scope)
    if found is not None:
        found.expected = Answer(status, body.decode(), {"content-type": "application/json"})
        found.counted = counted
    return found


def _wrapped(endpoint: Endpoint, *, ahead: bool) -> Endpoint:
    async def keyed(request: Request) -> Response:
        sent = keys_sent(request.scope)
        if not sent:
            return await endpoint(request)
        claimed = await new_claim(request, sent)
        records = services(request).idempotency
        try:
            with records.running(claimed):
                return await _first_or_repeat(request, endpoint, claimed, ahead=ahead)
        except KeyTaken as error:
            raise in_use(error) from None
        except UnknownOutcome:
            raise Problem(
                503,
                "outcome_unknown",
                "the database did not confirm the write in time; it may have been applied. Repeat it with the same "
                "Idempotency-Key: it is applied once at most",
                headers={"Retry-After": "1"},
            ) from None

    return extended(keyed, endpoint, parameters=(_HEADER,), codes=AT_MOST_ONCE if ahead else ONCE)


async def _first_or_repeat(request: Request, endpoint: Endpoint, claimed: Claim, *, ahead: bool) -> Response:
    records = services(request).idempotency
    with timings(request.scope).measure("idempotency"):
        found = await records.find(claimed)
    if found is not None:
        return repeated(found, claimed, ahead=ahead)
    try:
        return await _first(request, endpoint, claimed, ahead=ahead)
    except KeyTaken:
        found = await records.find(claimed)  # another gateway was faster; nothing of ours was applied
        if found is None:
            raise
        return repeated(found, claimed, ahead=ahead)


async def _first(request: Request, endpoint: Endpoint, claimed: Claim, *, ahead: bool) -> Response:
    """Answer the first request with a key, and see to it that its answer is kept."""
    records = services(request).idempotency
    if ahead:
        await records.record(claimed, None)
    request.scope["state"][_CLAIM] = claimed
    try:
        response = await endpoint(request)
    except Exception as error:
        problem = problem_for(error, request.method, request.scope["path"])
        if problem is None or isinstance(error, KeyTaken):
            raise
        if claimed.committed:
            await _finish(records, claimed, refusal(problem, request.scope["path"]))
        elif problem.status in _FINAL:
            await records.record(claimed, refusal(problem, request.scope["path"]))
        raise
    if claimed.committed:
        await _finish(records, claimed, kept(response))
    else:  # it had nothing to write
        await records.record(claimed, kept(response))
    return response


async def _finish(records: Records, claimed: Claim, answer: Answer) -> None:
    """Store an answer that was not known when the key was claimed; without one a repeat is told so."""
    if claimed.expected is not None:
        return
    try:
        await records.finish(claimed, answer)
    except RqliteError as error:
        _log.warning("the answer for an Idempotency-Key could not be kept", reason=type(error).__name__)
