"""What a route says about itself that its code does not show: parameters, bodies, answers, codes of errors.

It stands on the endpoint as a decorator, so that a path's twin, and a path that is added later, are described too.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

_ATTRIBUTE = "debros_operation"
_Endpoint = TypeVar("_Endpoint", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a request.

    Attributes:
        name: Its name.
        description: What it is for.
        schema: JSON Schema of its value.
        place: query, path or header.
        required: It cannot be left out.
    """

    name: str
    description: str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})
    place: str = "query"
    required: bool = False


@dataclass(frozen=True, slots=True)
class Body:
    """What a request, or an answer that was asked for, carries.

    Attributes:
        json: Type of a JSON body; None when there is none.
        raw: Media type of bytes that are not looked at; empty when there are none.
        required: A request cannot go without.
        description: What an answer means.
        headers: Headers that come with an answer, by name: what they say.
    """

    json: Any = None
    raw: str = ""
    required: bool = True
    description: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Operation:
    """A described endpoint.

    Attributes:
        tag: Which group of routes it belongs to.
        summary: One line; the first one of the endpoint's docstring.
        description: More, in Markdown.
        parameters: Of the query, the path and the headers.
        body: The request's; a GET has none.
        answers: By status: those that were asked for.
        codes: Of its errors, beside those that every request may be told.
        extensions: Members of the document beyond OpenAPI; their names begin with `x-`.
    """

    tag: str
    summary: str
    description: str
    parameters: tuple[Parameter, ...]
    body: Body | None
    answers: Mapping[int, Body]
    codes: frozenset[str]
    extensions: Mapping[str, Any]


def describe(  # noqa: PLR0913 - every part of an operation is optional
    tag: str,
    answer: Any = None,
    *,
    status: int = 200,
    description: str = "",
    parameters: tuple[Parameter, ...] = (),
    body: Any = None,
    answers: Mapping[int, Body] | None = None,
    codes: frozenset[str] = frozenset(),
    extensions: Mapping[str, Any] | None = None,
) -> Callable[[_Endpoint], _Endpoint]:
    """Describe an endpoint.

    Args:
        tag: See Operation.
        answer: Type of the JSON answer; short for `answers={status: Body(answer)}`.
        status: See answer.
        description: See Operation.
        parameters: See Operation.
        body: Type of the JSON body, or a Body.
        answers: Answers that need more words than a type, or further ones.
        codes: See Operation.
        extensions: See Operation.
    """
    request = body if isinstance(body, Body) or body is None else Body(body)
    asked = {status: Body(answer)} if answer is not None else {}

    def note(endpoint: _Endpoint) -> _Endpoint:
        summary = (endpoint.__doc__ or "").strip().splitlines()[0]
        operation = Operation(
            tag, summary, description, parameters, request, asked | dict(answers or {}), codes, dict(extensions or {})
        )
        setattr(endpoint, _ATTRIBUTE, operation)
        return endpoint

    return note


def extended(
    wrapper: _Endpoint,
    endpoint: Callable[..., Any],
    *,
    parameters: tuple[Parameter, ...] = (),
    codes: frozenset[str] = frozenset(),
) -> _Endpoint:
    """Describe what wraps an endpoint like the endpoint itself, with what the wrapper adds.

    Args:
        wrapper: Is called in its place.
        endpoint: May be described.
        parameters: Further ones.
        codes: Further ones.
    """
    inner = getattr(endpoint, _ATTRIBUTE, None)
    if inner is not None:
        both = {"parameters": inner.parameters + parameters, "codes": inner.codes | codes}
        setattr(wrapper, _ATTRIBUTE, replace(inner, **both))
    return wrapper


def operation_of(endpoint: object) -> Operation:
    """Return how an endpoint is described.

    Raises:
        LookupError: It is not.
    """
    found: Operation | None = getattr(endpoint, _ATTRIBUTE, None)
    if found is None:
        raise LookupError(f"{endpoint!r} is not described; put @describe(...) above it")
    return found
