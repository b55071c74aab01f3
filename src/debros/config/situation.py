"""Where a configuration is being read: the environment, and for which program."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Situation:
    """What validation depends on besides the document.

    Attributes:
        environ: the variables that paths may name.
        program: node, rqlited or gateway, which looks only at files it uses itself; "" looks at all of them.
        files: whether files are looked at, at all.
    """

    environ: Mapping[str, str]
    program: str = ""
    files: bool = True

    def uses(self, user: str | None) -> bool:
        """Whether a file that ``user`` opens (None: every program) is to be looked at."""
        return self.files and (not self.program or user is None or user == self.program)
