"""Watches who belongs to the cluster: its members, and its clients, which are gateways without a node.

When the list of members has changed, it rings for whoever follows it (debros-members.path). The list is read from this
host's own copy: it must also arrive where the firewall still keeps the leader out. Whoever follows the bell reads the
list itself; what is in the file is for people and for the next comparison.
"""

import json
from pathlib import Path
from typing import Final

import httpx
import trio

from debros import files, logs
from debros.clock import now_ms
from debros.enrol import clients, table
from debros.enrol.members import Member, MemberError
from debros.rqlite import answers
from debros.rqlite.errors import RqliteError, StatementError
from debros.rqlite.types import QueryResult

_log = logs.get(__name__)

FILE: Final = "members.json"
INTERVAL: Final = 5.0
_TIMEOUT: Final = 4.0


class MembersWatch:
    """Asks the local rqlite every few seconds.

    Args:
        url: rqlite's HTTP API.
        path: the file to write; its directory exists.
        interval: seconds between questions.
        auth: user name and password, when rqlite wants them.

    Attributes:
        names: the members' names by their peer ids, of the last list that could be read.
        clients: peer ids of the cluster's gateways without a node, of the last list that could be read.
    """

    def __init__(
        self,
        url: str,
        path: Path,
        *,
        interval: float = INTERVAL,
        auth: tuple[str, str] | None = None,
    ) -> None:
        self._url = url
        self._path = path
        self._auth = auth
        self._interval = interval
        self._problems: set[str] = set()  # of the last answer
        self._said: set[str] = set()  # of the one before
        self.names: dict[str, str] = {}
        self.clients: frozenset[str] = frozenset()

    async def run(self) -> None:
        """Watch until cancelled. A database that is away is the monitor's business; it is asked again."""
        async with httpx.AsyncClient(base_url=self._url, auth=self._auth, timeout=_TIMEOUT, trust_env=False) as client:
            while True:
                await self._follow(client)
                await trio.sleep(self._interval)

    async def _follow(self, client: httpx.AsyncClient) -> None:
        if members := await self._look(client):
            self.names = {member.peer_id: member.name for member in members if member.peer_id}
            self._ring(members)

    async def _look(self, client: httpx.AsyncClient) -> list[Member]:
        """Note the clients, and return the members; [] when there are none, or nobody can tell."""
        question = [table.READ, [clients.READ, clients.since(now_ms())]]
        try:
            answer = await client.post("/db/query?level=none", json=question)
            answers.check_status(answer.status_code, answer.content, writes=False)
            listed, known = answers.query_results(answer.content, len(question))
            self._said, self._problems = self._problems, set()
            self._note_clients(known)
            if isinstance(listed, StatementError):
                if not table.is_missing(listed.message):
                    self._complain(listed.message)
                return []
            members = table.from_rows(listed.values)
        except MemberError as error:
            self._complain(str(error))
            return []
        except (httpx.HTTPError, RqliteError):
            return []
        return members

    def _note_clients(self, known: QueryResult | StatementError) -> None:
        if isinstance(known, StatementError):
            if not table.is_missing(known.message, clients.TABLE):
                self._complain(f"gateways without a node: {known.message}")
            return
        found = clients.from_rows(known.values)
        if found != self.clients:
            _log.info("the cluster's gateways without a node have changed", peers=sorted(found))
        self.clients = found

    def _ring(self, members: list[Member]) -> None:
        text = json.dumps({"members": [member.as_dict() for member in members]}) + "\n"
        try:
            known = self._path.read_text("utf-8") if self._path.exists() else ""
            if known == text:
                return
            files.replace(self._path, text, mode=0o644, durable=False)
        except (OSError, UnicodeDecodeError) as error:
            # Not the whole text: it names a temporary file, another one each time.
            self._complain(f"{self._path} cannot be written: {getattr(error, 'strerror', None) or error}")
            return
        _log.info("the list of members has changed", members=[member.name for member in members])

    def _complain(self, problem: str) -> None:
        """Say what is wrong, once for as long as it is."""
        if problem not in self._said | self._problems:
            _log.warning("the list of members cannot be followed", reason=problem)
        self._problems.add(problem)
