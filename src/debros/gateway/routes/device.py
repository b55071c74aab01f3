"""Sign-in for programs on machines without a browser (RFC 8628)."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from debros.clock import iso
from debros.gateway.answers.sign_in import DeviceAnswer, DeviceLookupAnswer, DoneAnswer, VerifyAnswer
from debros.gateway.auth import inputs
from debros.gateway.auth.caller import caller
from debros.gateway.auth.device_logins import LIFETIME, PAUSE
from debros.gateway.bodies import read_json
from debros.gateway.idempotency import without
from debros.gateway.openapi.codes import JSON_BODY, KEYS, SIGNED
from debros.gateway.openapi.describe import Body, describe
from debros.gateway.origins import own_page
from debros.gateway.routes.signed import prove
from debros.gateway.routes.tokens import private, signed_in
from debros.gateway.state import services, timings

_TAG = "Sign-in"
_PAGE = "/v1/auth/login"
_DONE: DoneAnswer = {"status": "ok"}
_NOT_YET = frozenset({"access_denied", "authorization_pending", "expired_token", "slow_down"})


class DeviceRequest(msgspec.Struct):
    """Who waits: without a `namespace` whoever approves chooses; `client_name` is shown to them."""

    namespace: str | None = None
    client_name: str | None = None


class DeviceTokenRequest(msgspec.Struct):
    """The device's own code."""

    device_code: str


class UserCodeRequest(msgspec.Struct):
    """The code that people type; case, blanks and hyphens do not matter."""

    user_code: str


class ApproveRequest(msgspec.Struct):
    """A signed challenge for the device with this code."""

    user_code: str
    wallet: str
    nonce: str
    signature: str
    namespace: str | None = None
    chain_type: str | None = None
    message: str | None = None


_device_decoder = msgspec.json.Decoder(DeviceRequest)
_token_decoder = msgspec.json.Decoder(DeviceTokenRequest)
_code_decoder = msgspec.json.Decoder(UserCodeRequest)
_approve_decoder = msgspec.json.Decoder(ApproveRequest)


@describe(
    _TAG,
    DeviceAnswer,
    body=Body(DeviceRequest, required=False),
    codes=KEYS | {"invalid_body", "invalid_host", "invalid_json", "invalid_name", "invalid_namespace"},
)
async def device(request: Request) -> Response:
    """Answer a code for the device, and one that people type into the sign-in page on another machine."""
    held = services(request)
    sent = await read_json(request, _device_decoder) if await request.body() else DeviceRequest()
    namespace = inputs.namespace(sent.namespace, "") if sent.namespace else ""
    name = inputs.label(sent.client_name, "client_name", "a program")
    domain = held.auth.domains.choose(request.headers.get("host", ""))
    await held.auth.gate.key()
    codes = await held.auth.device_logins.begin(namespace, name, caller(request.scope))
    page = f"{request.scope['scheme']}://{domain}{_PAGE}"
    answer: DeviceAnswer = {
        "device_code": codes.device_code,
        "user_code": codes.user_code,
        "verification_uri": f"{page}?device=1",
        "verification_uri_complete": f"{page}?user_code={codes.user_code}",
        "expires_in": LIFETIME // 1000,
        "interval": PAUSE // 1000,
    }
    return private(answer)


@describe(_TAG, VerifyAnswer, body=DeviceTokenRequest, codes=JSON_BODY | KEYS | _NOT_YET | {"not_owner"})
async def token(request: Request) -> Response:
    """Exchange an approved device's code for what `verify` answers, or say that it is not approved yet."""
    held = services(request)
    sent = await read_json(request, _token_decoder)
    await held.auth.gate.key()
    await held.auth.signer.ready()  # before the code is spent: without one there is nothing to give for it
    with timings(request.scope).measure("db"):
        redeemed = await held.auth.device_logins.redeem(sent.device_code, caller(request.scope))
    return private(signed_in(held, redeemed.done, redeemed.nonce))


@describe(_TAG, DeviceLookupAnswer, body=UserCodeRequest, codes=JSON_BODY | KEYS | {"user_code_not_found"})
async def lookup(request: Request) -> Response:
    """Answer which device waits with a code, for people to see before they approve."""
    held = services(request)
    sent = await read_json(request, _code_decoder)
    await held.auth.gate.key()
    found = await held.auth.device_logins.find(sent.user_code, caller(request.scope))
    answer: DeviceLookupAnswer = {
        "client_name": found.client_name,
        "namespace": found.namespace or None,
        "address": found.address,
        "expires_at": iso(found.expires_at),
    }
    return private(answer)


@describe(
    _TAG,
    DoneAnswer,
    body=ApproveRequest,
    codes=JSON_BODY | SIGNED | {"origin_not_allowed", "user_code_not_found"},
)
async def approve(request: Request) -> Response:
    """Let the device with this code fetch a session of the wallet that signed."""
    own_page(request.headers, services(request).auth.domains.configured)
    held, who = services(request), caller(request.scope)
    sent = await read_json(request, _approve_decoder)
    await held.auth.gate.key()
    waiting = await held.auth.device_logins.find(sent.user_code, who)
    proven = await prove(request, sent)
    with timings(request.scope).measure("db"):
        await held.auth.device_logins.approve(waiting, proven, who)
    return private(_DONE)


@describe(
    _TAG,
    DoneAnswer,
    body=UserCodeRequest,
    codes=JSON_BODY | KEYS | {"origin_not_allowed", "user_code_not_found"},
)
async def deny(request: Request) -> Response:
    """Tell the device with this code that nobody will approve it."""
    own_page(request.headers, services(request).auth.domains.configured)
    held, who = services(request), caller(request.scope)
    sent = await read_json(request, _code_decoder)
    await held.auth.gate.key()
    await held.auth.device_logins.deny(await held.auth.device_logins.find(sent.user_code, who), who)
    return private(_DONE)


ROUTES = [
    Route("/v1/auth/device", without(device), methods=["POST"]),
    Route("/v1/auth/device/token", without(token), methods=["POST"]),
    Route("/v1/auth/device/lookup", without(lookup), methods=["POST"]),
    Route("/v1/auth/device/approve", without(approve), methods=["POST"]),
    Route("/v1/auth/device/deny", without(deny), methods=["POST"]),
]
