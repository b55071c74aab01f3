"""What every credential can do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from debros.client.calls.caller import Caller


class Credential(ABC):
    """Opens one namespace. One object serves one client."""

    @property
    @abstractmethod
    def namespace(self) -> str | None:
        """The namespace it opens; None while that is not known."""

    @abstractmethod
    async def headers(self, caller: Caller) -> Mapping[str, str]:
        """Return what goes along with a request; asks for a token first where that is needed."""

    async def renew(self, caller: Caller, used: Mapping[str, str]) -> bool:  # noqa: ARG002 - for those that can
        """Tell whether there are better headers than these, which a gateway has refused; get them where possible."""
        return False

    async def close(self) -> None:  # noqa: B027 - most have nothing to end
        """End what is under way."""
