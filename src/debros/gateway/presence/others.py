"""The other gateways: what each has said last, and the parts of what it is saying."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from debros.gateway.presence.news import Everybody, News, Person

# Parts that one gateway may be in the middle of; more than its own limit of sockets could make.
_MOST_PARTS = 1000


@dataclass(slots=True)
class _Other:
    begun: int
    number: int
    heard: float
    round: int = -1
    parts: dict[int, list[Person]] = field(default_factory=dict)


class Others:
    """The other gateways of the cluster, by the name each gives itself."""

    def __init__(self) -> None:
        self._known: dict[str, _Other] = {}

    def hear(self, news: News, now: float) -> bool:
        """Note a piece of news; tell whether it is one, and not something that was said before.

        Args:
            news: What was said.
            now: Seconds, monotonic.
        """
        known = self._known.get(news.sender)
        if known is None or news.begun > known.begun:
            self._known[news.sender] = _Other(news.begun, news.number, now)
            return True
        if news.begun < known.begun or news.number <= known.number:
            return False
        known.number, known.heard = news.number, now
        return True

    def complete(self, news: Everybody) -> list[Person] | None:
        """Return everybody when this was the last part that was missing; None before."""
        known = self._known[news.sender]
        if known.round != news.round:
            known.round, known.parts = news.round, {}
        if not 0 <= news.part < news.parts <= _MOST_PARTS:
            return None
        known.parts[news.part] = news.people
        if len(known.parts) < news.parts:
            return None
        people = [person for part in sorted(known.parts) for person in known.parts[part]]
        known.parts = {}
        return people

    def forget(self, sender: str) -> None:
        """Forget what a gateway has said, but not that it was said: nobody may say it again.

        Its name and number stay; gateways are few.
        """
        known = self._known[sender]
        known.heard, known.parts = float("-inf"), {}

    def silent(self, before: float) -> list[str]:
        """Return those that were heard last before that time, and have not been forgotten."""
        return [name for name, one in self._known.items() if float("-inf") < one.heard < before]

    def count(self) -> int:
        """Return how many there are, as far as is known."""
        return sum(one.heard > float("-inf") for one in self._known.values())
