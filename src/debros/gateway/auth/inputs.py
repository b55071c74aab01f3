"""What clients send about wallets and namespaces, checked."""

from debros.gateway.auth.principal import Principal
from debros.gateway.auth.refusals import missing_credential, not_owner, wallet_required
from debros.gateway.auth.wallets import Chain, Wallet, WalletError, parse_chain, parse_wallet
from debros.gateway.errors import Problem
from debros.tenants.names import NAMESPACE

_LONGEST_NAME = 128


def namespace(text: str | None, default: str) -> str:
    """Return a namespace, the default when none is given.

    Raises:
        Problem: 400; it is no name of one.
    """
    name = (text or "").strip() or default
    if not NAMESPACE.fullmatch(name):
        raise Problem(
            400,
            "invalid_namespace",
            f"invalid namespace {name[:40]!a}; use a to z, 0 to 9, _ and -, at most 63, starting with a letter or "
            "digit",
        )
    return name


def wallet(address: str, chain_type: str | None) -> Wallet:
    """Return a wallet of the chain; without one Ethereum's.

    Raises:
        WalletError: The chain or the address is none.
    """
    return parse_wallet(parse_chain(chain_type or ""), address)


def any_wallet(address: str, chain_type: str | None) -> Wallet:
    """Return a wallet of the chain; without one of the chain whose addresses look so.

    Raises:
        WalletError: The chain or the address is none.
    """
    if chain_type:
        return wallet(address, chain_type)
    try:
        return parse_wallet(Chain.ETHEREUM, address)
    except WalletError:
        return parse_wallet(Chain.SOLANA, address)


def label(text: str | None, what: str, default: str = "") -> str:
    """Return a short text for people.

    Raises:
        Problem: 400; it is too long or cannot be printed.
    """
    found = (text or "").strip() or default
    if len(found) > _LONGEST_NAME or not found.isprintable():
        raise Problem(400, "invalid_name", f"{what} must be printable and have at most {_LONGEST_NAME} characters")
    return found


def same_namespace(principal: Principal, name: str) -> None:
    """Pass when a credential is for this namespace; one is good for its own only.

    Raises:
        Denied: 403.
    """
    if principal.namespace != name:
        raise not_owner(name, principal.subject, principal.key_id)


def signed_in(principal: Principal) -> Principal:
    """Return the caller when it is a wallet with a session, or a static key.

    Raises:
        Denied: 401 without a credential; 403 with an API key, or with an access token made from one.
    """
    if principal.method == "none":
        raise missing_credential()
    if not (principal.static or principal.session):
        raise wallet_required(principal.namespace, principal.subject, principal.key_id)
    return principal
