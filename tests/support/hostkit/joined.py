"""A cluster without a controller: a first host, and others that came with invites."""

from hostkit.installer import BareHost
from hostkit.patience import eventually

NAMES = ("n1", "n2", "n3")
# How long the others may take to let a newcomer in, and everybody to know everybody; seconds.
ROUND = 1500


class Hosts(dict[str, BareHost]):
    """The hosts by name, and every invite that was made."""

    def __init__(self) -> None:
        super().__init__()
        self.invites: list[str] = []

    def invite(self, name: str, *flags: str) -> str:
        """Make an invite on a host."""
        self.invites.append(self[name].invite(*flags))
        return self.invites[-1]

    def until_followed(self, *names: str) -> None:
        """Wait until all members know each other: each runs the roles by itself when another one has come or gone."""
        for name in names:
            eventually(lambda host=self[name]: host.follows(*names), f"{name} does not follow", ROUND, 2)
