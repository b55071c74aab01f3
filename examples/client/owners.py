"""A namespace's owners, keys for the programs that use it, and the end of a session."""

import asyncio
import secrets
import tempfile
from pathlib import Path

from debros.client import AuthenticationError, NetworkClient, PermissionDeniedError, WalletKey
from settings import URL, say

COLLEAGUE = "0x" + secrets.token_hex(20)


async def main() -> None:
    """Make a key and take it back, add an owner and remove them, and sign out."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "wallet.key"
        file.touch(mode=0o600)
        file.write_text(secrets.token_hex(32))
        async with NetworkClient(URL, auth=WalletKey(file, f"example-{secrets.token_hex(4)}")) as client:
            await client.storage.put("greeting", "hello")
            # It is shown this once; what the list has of it is its beginning.
            made = await client.api_keys.create("backup")
            (listed,) = [key for key in await client.api_keys.list() if made.api_key.startswith(key.prefix)]
            say("keys:", [listed.name])

            async with NetworkClient(URL, auth=made.api_key) as program:
                say("the key reads:", await program.storage.get("greeting"))
                try:
                    await program.owners.add(COLLEAGUE)
                except PermissionDeniedError as error:
                    say(error.status, error.code)
                await client.api_keys.revoke(listed.id)
                try:
                    await program.storage.get("greeting")
                except AuthenticationError as error:
                    say("after its end:", error.status)

            await client.owners.add(COLLEAGUE)
            say("owners:", len(await client.owners.list()))
            await client.owners.remove(COLLEAGUE)
            say("open sessions:", len(await client.sessions.list()))
            say("sessions ended:", await client.logout())


asyncio.run(main())
