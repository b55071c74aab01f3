"""Credentials: a wallet that signs in by itself, tokens that renew themselves, an API key."""

import asyncio
import secrets
import tempfile
from pathlib import Path

from debros.client import AuthenticationError, NetworkClient, TokenPair, Tokens, WalletKey
from settings import URL, say


async def main() -> None:
    """Sign in with a new wallet, go on with its tokens alone, and be refused without any."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "wallet.key"
        file.touch(mode=0o600)
        file.write_text(secrets.token_hex(32))
        namespace = f"example-{secrets.token_hex(4)}"

        # Nothing is asked before the first call; then it signs once, and again when its session is over.
        wallet = WalletKey(file, namespace)
        async with NetworkClient(URL, auth=wallet) as client:
            await client.storage.put("greeting", "hello")
            say("signed in to a namespace of its own:", client.namespace == namespace)

        # A program without the wallet keeps the pair, and every new one: the old refresh token is spent.
        kept: list[TokenPair] = []
        assert wallet.pair is not None
        tokens = Tokens(refresh_token=wallet.pair.refresh_token, on_refresh=kept.append)
        async with NetworkClient(URL, auth=tokens, namespace=None) as client:
            say(await client.storage.get("greeting"), "with", len(kept), "refresh")

        async with NetworkClient(URL, auth="ak_nobody:nowhere") as client:
            try:
                await client.storage.get("greeting")
            except AuthenticationError as error:
                say(error.status, error.code)


asyncio.run(main())
