"""Who may come in: invites, claims, and the table of members."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NoReturn

from debros import logs
from debros.enrol import table
from debros.enrol.door import offers
from debros.gateway.errors import Problem
from debros.rqlite.errors import StatementError, UnknownOutcome
from debros.rqlite.types import Level, Statement

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from debros.enrol.door.ledger import Entry, Ledger
    from debros.enrol.door.offers import Offer
    from debros.enrol.members import Member
    from debros.rqlite.client import RqliteClient

_log = logs.get("debros.enrol")
# A wrong secret is answered after so many seconds. Guessing 32 bytes is hopeless; it should not cost us much either.
_PAUSE: Final = 1.0
_NEW_ONE: Final = "Make a new invite on a member: sudo network-cli invite"


@dataclass(frozen=True, slots=True)
class Guest:
    """Who knocks.

    Attributes:
        secret: of the invite.
        claim: what the host binds an invite with; None when it has none yet.
        name: it wants to have, "" when it did not say.
        address: of the host, "" when it did not say.
        version: of its release, "" when it did not say.
        origin: where the connection is from, for the journal.
    """

    secret: bytes
    claim: bytes | None = None
    name: str = ""
    address: str = ""
    version: str = ""
    origin: str = ""


class Desk:
    """The rules.

    Args:
        offered: the invites of this host.
        ledger: what became of them.
        rqlite: an open client of this host's database.
        secrets: what a member gets, file name → text.
        release: id, version and rqlite of the release this host runs.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        offered: Sequence[Offer],
        ledger: Ledger,
        rqlite: RqliteClient,
        *,
        secrets: Mapping[str, str],
        release: Mapping[str, str],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._offered = offered
        self._ledger = ledger
        self._rqlite = rqlite
        self._secrets = secrets
        self._release = release
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()

    def is_useless(self) -> bool:
        """Tell whether no invite can be used any more."""
        open_ones = offers.usable(self._offered, self._clock())
        return all(self._ledger.is_done(offer.id) for offer in open_ones)

    async def hello(self, guest: Guest) -> dict[str, Any]:
        """Say who is here, and what this host runs. Binds and changes nothing.

        Raises:
            Problem: the invite is not good, or what the guest says of itself does not fit.
            RqliteError: the database cannot be asked.
        """
        offer = await self._offer(guest)
        entry = self._entry(offer, guest)
        self._check_version(offer, guest)
        members = await self._members()
        self._check_place(offer, guest, entry, members)
        return {
            "members": [member.as_dict() for member in members],
            "release": dict(self._release),
            "expires": offer.expires,
        }

    async def join(self, guest: Guest) -> dict[str, Any]:
        """Bind the invite to the guest's claim, make it a member, and give it the cluster's secrets.

        Raises:
            Problem: as for hello; the invite is not bound then.
            RqliteError: the database cannot tell or write; the same claim may come again.
        """
        async with self._one_at_a_time:
            offer = await self._offer(guest)
            entry = self._entry(offer, guest)
            self._check_version(offer, guest)
            members = await self._members()
            self._check_place(offer, guest, entry, members)
            assert guest.claim is not None
            if entry is None:
                self._ledger.bind(offer.id, guest.claim)
            if not any(_is(member, guest) for member in members):
                try:
                    await self._insert(offer, guest)
                except Problem:
                    if entry is None:
                        self._ledger.forget(offer.id)
                    raise
                members = await self._members()
            self._ledger.bind(offer.id, guest.claim, guest.name, guest.address)
        _log.info("invite used", invite=offer.id, host=guest.name, address=guest.address, origin=guest.origin)
        return {"members": [member.as_dict() for member in members], "secrets": dict(self._secrets)}

    async def done(self, guest: Guest) -> dict[str, Any]:
        """Note that the guest has all it needs: its invite is worth nothing any more.

        Raises:
            Problem: the invite is not good, or not bound to this claim.
        """
        offer = await self._offer(guest)
        entry = self._entry(offer, guest, after_all=True)
        if entry is None:
            self._refuse(offer, guest, 409, "invite_unused", "nobody has joined with this invite", "Join first.")
        if not entry.done:
            self._ledger.finish(offer.id, entry)
            _log.info("invite is spent", invite=offer.id, host=entry.name, origin=guest.origin)
        return {"status": "ok"}

    async def _offer(self, guest: Guest) -> Offer:
        fitting = [offer for offer in self._offered if offer.fits(guest.secret)]
        if not fitting:
            await asyncio.sleep(_PAUSE)
            text = "this member does not know the invite: it was made elsewhere, or has been used up long ago"
            self._refuse(None, guest, 403, "invite_unknown", text, _NEW_ONE)
        (offer,) = fitting
        if not offers.usable([offer], self._clock()):
            now = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(self._clock()))
            self._refuse(offer, guest, 410, "invite_expired", "the invite has expired", _NEW_ONE, clock=now)
        return offer

    def _entry(self, offer: Offer, guest: Guest, *, after_all: bool = False) -> Entry | None:
        """Return what is noted of an invite, after seeing that it is this guest's."""
        entry = self._ledger.find(offer.id)
        own = entry is not None and guest.claim is not None and entry.is_by(guest.claim)
        if entry is not None and not (own and (after_all or not entry.done)):
            by = f"a host called {entry.name}" if entry.name else "another host"
            self._refuse(offer, guest, 409, "invite_used", f"the invite was used already, by {by}", _NEW_ONE)
        return entry

    def _check_version(self, offer: Offer, guest: Guest) -> None:
        wanted = self._release.get("version", "")
        if guest.version and wanted and guest.version != wanted:
            text = f"the cluster runs version {wanted}, and this would install {guest.version}"
            self._refuse(offer, guest, 409, "version_differs", text, f"Install that one: --version {wanted}")

    def _check_place(self, offer: Offer, guest: Guest, entry: Entry | None, members: Sequence[Member]) -> None:
        if not guest.name:
            return
        if entry is not None and entry.name and (entry.name, entry.address) != (guest.name, guest.address):
            text = f"this host has begun to join as {entry.name} at {entry.address}, not as {guest.name}"
            hint = (
                f"Go on with that name and address, or: sudo debros-host members remove {entry.name}, and a new invite"
            )
            self._refuse(offer, guest, 409, "place_differs", f"{text} at {guest.address}", hint)
        for member in members:
            # One that has never told its peer id is a host that began to join and was given up: the same machine again.
            if _is(member, guest) and ((entry is not None and entry.name) or not member.peer_id):
                continue
            again = f"or, if that machine was set up anew, on a member: sudo debros-host members remove {member.name}"
            if member.name.lower() == guest.name.lower():
                text = f"the cluster has a host called {member.name} already, at {member.address}"
                self._refuse(offer, guest, 409, "name_taken", text, f"Give this one another hostname; {again}")
            if member.address == guest.address:
                text = f"the cluster has a host at {member.address} already, called {member.name}"
                self._refuse(offer, guest, 409, "address_taken", text, f"Give this one another address; {again}")

    async def _insert(self, offer: Offer, guest: Guest) -> None:
        now = int(self._clock() * 1000)
        try:
            await self._rqlite.execute(Statement(table.INSERT, [guest.name, guest.address, "", now]))
        except StatementError as error:
            if not table.taken(error.message):
                raise
            # Another member was faster; say so with the name of the one that has the place.
            self._check_place(offer, guest, None, await self._members())
            raise
        except UnknownOutcome:
            if not any(_is(member, guest) for member in await self._members()):
                raise

    async def _members(self) -> list[Member]:
        # Strong: what a member that was removed a moment ago still had must not be in the way.
        return table.from_rows((await self._rqlite.query(Statement(table.READ), Level.STRONG)).values)

    def _refuse(
        self, offer: Offer | None, guest: Guest, status: int, code: str, text: str, hint: str, **extra: str
    ) -> NoReturn:
        _log.warning("invite refused", invite=offer.id if offer else "", code=code, reason=text, origin=guest.origin)
        raise Problem(status, code, text, extra={"hint": hint, **extra})


def _is(member: Member, guest: Guest) -> bool:
    return (member.name, member.address) == (guest.name, guest.address)
