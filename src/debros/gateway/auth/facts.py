"""What the database says about credentials, remembered until it changes: a warm request asks nobody.

Only what holds is remembered. What does not hold may hold in the next moment, and is asked again.
"""

from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

from debros.gateway.auth.changes import Change, Changes
from debros.rqlite.client import RqliteClient
from debros.rqlite.errors import StatementError
from debros.rqlite.types import Statement, Value

_MOST = 50_000


class Fact(NamedTuple):
    """Something that holds or does not; `subject` is what Change calls it."""

    kind: str
    subject: str


_QUESTIONS = {
    "owner": "SELECT 1 FROM _gw_owners WHERE namespace = ? AND wallet = ?",
    "session": "SELECT 1 FROM _gw_sessions WHERE id = ? AND revoked_at IS NULL",
    "key": "SELECT 1 FROM _gw_api_keys WHERE id = ? AND revoked_at IS NULL",
}


def owner(namespace: str, wallet: str) -> Fact:
    """Return the fact that a namespace belongs to a wallet; neither can hold a space."""
    return Fact("owner", f"{namespace} {wallet}")


class Facts:
    """Asks the database and remembers."""

    def __init__(self, client: RqliteClient, changes: Changes) -> None:
        self._client = client
        self._changes = changes
        self._held: OrderedDict[Fact, None] = OrderedDict()
        changes.listen(self.forget)

    async def hold(self, facts: Sequence[Fact]) -> list[bool]:
        """Tell of each fact whether it holds.

        Raises:
            RqliteError: The database cannot answer.
        """
        known = [self._changes.current and fact in self._held for fact in facts]
        unknown = [fact for fact, found in zip(facts, known, strict=True) if not found]
        if unknown:
            generation = self._changes.generation
            answers = await self._client.query_many([_question(fact) for fact in unknown])
            for answer in answers:
                if isinstance(answer, StatementError):
                    raise answer
            found_now = {
                fact: bool(answer.values)
                for fact, answer in zip(unknown, answers, strict=True)
                if not isinstance(answer, StatementError)
            }
            if generation == self._changes.generation:  # else it may have changed while the answer was under way
                self._remember([fact for fact, found in found_now.items() if found])
            known = [found or found_now.get(fact, False) for fact, found in zip(facts, known, strict=True)]
        return known

    def forget(self, changes: list[Change] | None) -> None:
        """Forget what has changed; None: all."""
        if changes is None:
            self._held.clear()
            return
        for change in changes:
            self._held.pop(Fact(change.kind, change.subject), None)

    def _remember(self, facts: Sequence[Fact]) -> None:
        for fact in facts:
            self._held[fact] = None
        while len(self._held) > _MOST:
            self._held.popitem(last=False)


def _question(fact: Fact) -> Statement:
    args: Sequence[Value] = fact.subject.split(" ") if fact.kind == "owner" else (fact.subject,)
    return Statement(_QUESTIONS[fact.kind], tuple(args))
