"""Who owns a namespace."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from debros.gateway.answers.tenants import OwnerAnswer, OwnersAnswer
from debros.gateway.auth import inputs
from debros.gateway.auth.caller import caller
from debros.gateway.auth.wallets import Wallet
from debros.gateway.bodies import json, read_json
from debros.gateway.errors import Problem
from debros.gateway.idempotency import without
from debros.gateway.openapi.codes import JSON_BODY, KEYS, WALLET
from debros.gateway.openapi.describe import Body, Parameter, describe
from debros.gateway.state import principal, services


class OwnerRequest(msgspec.Struct):
    """A wallet; without `chain_type` (ETH or SOL) its address tells which chain it is of."""

    wallet: str
    chain_type: str | None = None


_owner_decoder = msgspec.json.Decoder(OwnerRequest)
_TAG = "Namespaces"
_WHICH = (Parameter("ns", "the namespace, which must be the credential's own", place="path"),)
_WHO = (
    *_WHICH,
    Parameter("wallet", "the wallet; else it is in the body"),
    Parameter("chain_type", "ETH or SOL; only together with `wallet`"),
)
_BODY = Body(OwnerRequest, required=False)
_CHANGE = JSON_BODY | KEYS | WALLET | {"wallet_required"}


@describe(_TAG, OwnersAnswer, parameters=_WHICH, codes=KEYS | {"invalid_namespace"})
async def list_owners(request: Request) -> Response:
    """Answer the owners, the first one first."""
    namespace = _namespace(request)
    held = services(request)
    await held.auth.gate.tables()
    owners = await held.auth.owners.list(namespace)
    answer: OwnersAnswer = {"namespace": namespace, "owners": owners, "count": len(owners)}
    return json(answer)


@describe(
    _TAG,
    OwnerAnswer,
    parameters=_WHO,
    body=_BODY,
    answers={201: Body(OwnerAnswer, description="The wallet is an owner now")},
    codes=_CHANGE | {"too_many_owners"},
)
async def add_owner(request: Request) -> Response:
    """Make a wallet an owner; 200 when it was one already."""
    namespace = _namespace(request)
    held, by = services(request), inputs.signed_in(principal(request.scope))
    wallet = await _wallet(request)
    await held.auth.gate.tables()
    added = await held.auth.owners.add(by, wallet, caller(request.scope))
    answer: OwnerAnswer = {"status": "ok", "namespace": namespace, "wallet": wallet.address}
    return json(answer, 201 if added else 200)


@describe(_TAG, OwnerAnswer, parameters=_WHO, body=_BODY, codes=_CHANGE | {"last_owner", "owner_not_found"})
async def remove_owner(request: Request) -> Response:
    """Take the namespace from a wallet; its tokens and keys for it end at every gateway within seconds."""
    namespace = _namespace(request)
    held, by = services(request), inputs.signed_in(principal(request.scope))
    wallet = await _wallet(request)
    await held.auth.gate.tables()
    if not await held.auth.owners.remove(by, wallet, caller(request.scope)):
        raise Problem(404, "owner_not_found", "this wallet is not an owner of the namespace")
    await held.auth.changes.catch_up()
    answer: OwnerAnswer = {"status": "ok", "namespace": namespace, "wallet": wallet.address}
    return json(answer)


def _namespace(request: Request) -> str:
    """Return the namespace of the path, which must be the credential's own."""
    name = inputs.namespace(request.path_params["ns"], "")
    inputs.same_namespace(principal(request.scope), name)
    return name


async def _wallet(request: Request) -> Wallet:
    query = request.query_params
    if "wallet" in query:
        return inputs.any_wallet(query["wallet"], query.get("chain_type"))
    sent = await read_json(request, _owner_decoder)
    return inputs.any_wallet(sent.wallet, sent.chain_type)


ROUTES = [
    Route("/v1/namespaces/{ns}/owners", list_owners, methods=["GET"]),
    Route("/v1/namespaces/{ns}/owners", without(add_owner), methods=["POST"]),
    Route("/v1/namespaces/{ns}/owners", without(remove_owner), methods=["DELETE"]),
]
