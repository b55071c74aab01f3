"""JSON in and out: msgspec decodes into strict types and names the wrong field, orjson encodes."""

from typing import Any, TypeVar

import msgspec
import orjson
from starlette.requests import Request
from starlette.responses import Response

from debros.gateway.errors import Problem

T = TypeVar("T")


def decode(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """Return the body as the decoder's type.

    Raises:
        Problem: 400; empty, not JSON, or not of the type, with the field's path.
    """
    if not body:
        raise Problem(400, "empty_body", "the request body is empty; send a JSON object")
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise Problem(400, "invalid_body", f"{error}{_hint(str(error))}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(400, "invalid_json", f"the request body is not valid JSON: {error}") from None


async def read_json(request: Request, decoder: msgspec.json.Decoder[T]) -> T:
    """Return the request's body as the decoder's type; Content-Type is not looked at.

    Raises:
        Problem: 400, see decode().
    """
    return decode(await request.body(), decoder)


def json(content: Any, status: int = 200) -> Response:
    """Return a JSON answer."""
    return Response(orjson.dumps(content), status, media_type="application/json")


def _hint(text: str) -> str:
    if "args[" in text and ("got `object`" in text or "got `array`" in text):
        return "; for binary data pass hex text and write unhex(?)"
    if "base64" in text:
        return "; use the standard alphabet with padding"
    return ""
