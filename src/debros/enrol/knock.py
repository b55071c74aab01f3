"""Speaking with a member's door, as the host outside: first find out who it is, then say only that one the secret.

The authority's certificate is fetched without trust and compared with the invite; from then on every connection is
verified against it, under the name that all members' certificates bear (debros.hosts.places.RAFT_NAME).
"""

from __future__ import annotations

import base64
import http.client
import json
import socket
import ssl
import time
from typing import TYPE_CHECKING, Any, Final

from debros.enrol.keep import fingerprint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from debros.enrol.invite import Invite

SERVER_NAME: Final = "debros-raft"
_TIMEOUT: Final = 20.0  # seconds for one step; a write at the cluster may wait for an election
_LARGEST: Final = 1024 * 1024
# A door that is being opened for a second invite is closed for a moment.
_ATTEMPTS, _PAUSE = 10, 1.0
# X509_V_ERR_CERT_NOT_YET_VALID and _HAS_EXPIRED (x509_vfy.h).
_CLOCK_ERRORS: Final = (9, 10)


class JoinError(Exception):
    """Joining does not go on; says what is wrong, and line by line what to do.

    Attributes:
        hints: what to do.
        code: the door's name of the failure; "" when it was not the door that said no.
    """

    def __init__(self, message: str, *hints: str, code: str = "") -> None:
        super().__init__(message)
        self.hints, self.code = hints, code


class Door:
    """The door that an invite names.

    Args:
        invite: the invite.
    """

    def __init__(self, invite: Invite) -> None:
        self._invite = invite
        self._trusting: ssl.SSLContext | None = None

    def meet(self) -> None:
        """Find out whether it is the cluster that made the invite; says no secret.

        Raises:
            JoinError: nobody answers, or somebody else does.
        """
        if self._trusting is None:
            self._trusting = self._meet()

    def ask(self, path: str, **fields: Any) -> dict[str, Any]:
        """Send a request, with the secret, and return the answer.

        Raises:
            JoinError: nobody answers, somebody else does, or the door says no.
        """
        self.meet()
        assert self._trusting is not None
        document = {"secret": base64.b64encode(self._invite.secret).decode(), **fields}
        status, body = self._exchange(self._trusting, "POST", path, json.dumps(document).encode())
        try:
            answer = json.loads(body)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise self._stranger(f"HTTP status {status} without JSON")
        if status != http.client.OK:
            raise self._refusal(status, answer)
        return answer

    def _meet(self) -> ssl.SSLContext:
        """Fetch the authority's certificate, compare it, and return a context that trusts nothing else."""
        blind = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        blind.minimum_version = ssl.TLSVersion.TLSv1_3
        blind.check_hostname = False
        blind.verify_mode = ssl.CERT_NONE  # nothing secret is said on this connection
        status, body = self._exchange(blind, "GET", "/ca.pem", None)
        if status != http.client.OK:
            raise self._stranger(f"HTTP status {status} for the authority's certificate")
        try:
            pem = body.decode("ascii")
            found = fingerprint(pem)
            trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            trusting.minimum_version = ssl.TLSVersion.TLSv1_3
            trusting.load_verify_locations(cadata=pem)
        except (ValueError, ssl.SSLError):
            raise self._stranger("it has no certificate of an authority") from None
        if found != self._invite.ca_sha256:
            raise self._impostor()
        return trusting

    def _exchange(self, context: ssl.SSLContext, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        raw = self._connect()
        try:
            with context.wrap_socket(raw, server_hostname=SERVER_NAME) as sock:
                connection = http.client.HTTPConnection(SERVER_NAME)
                connection.sock = sock
                headers: Mapping[str, str] = {"Content-Type": "application/json", "Connection": "close"}
                connection.request(method, path, body, dict(headers))
                answer = connection.getresponse()
                content = answer.read(_LARGEST + 1)
        except ssl.SSLCertVerificationError as error:
            raise self._unverified(error) from None
        except ssl.SSLError as error:
            raise self._stranger(error.reason or str(error)) from None
        except http.client.HTTPException as error:
            raise self._stranger(f"{type(error).__name__}: {error}") from None
        except OSError as error:
            raise JoinError(
                f"the connection to {self._invite.door} broke off: {error.strerror or error}",
                "Run the same command again: it goes on where it stopped.",
            ) from None
        finally:
            raw.close()
        if len(content) > _LARGEST:
            raise self._stranger(f"an answer of more than {_LARGEST} bytes")
        return answer.status, content

    def _connect(self) -> socket.socket:
        for attempt in range(_ATTEMPTS):
            try:
                return socket.create_connection((self._invite.address, self._invite.port), _TIMEOUT)
            except ConnectionRefusedError as error:
                if attempt + 1 == _ATTEMPTS or self._is_over():
                    raise self._unreachable(error) from None
                time.sleep(_PAUSE)
            except OSError as error:
                raise self._unreachable(error) from None
        raise AssertionError("the loop returns or raises")

    def _is_over(self) -> bool:
        return time.time() >= self._invite.expires

    def _unreachable(self, error: OSError) -> JoinError:
        if self._is_over():
            return expired(self._invite)
        why = "no answer" if isinstance(error, TimeoutError) else error.strerror or str(error)
        return JoinError(
            f"the cluster cannot be reached at {self._invite.door} (TCP): {why}",
            f"Is the way there open? A firewall between the two hosts must let {self._invite.port}/tcp pass,"
            " as long as somebody joins.",
            f"The invite is valid until {_clock(self._invite.expires)}, for one host. If it was used already, or the"
            " member was restarted, make a new one there: sudo network-cli invite",
        )

    def _impostor(self) -> JoinError:
        return JoinError(
            f"somebody else answers at {self._invite.door}: not the cluster that made this invite. Do not go on.",
            "Nothing was told to it. See whether the address is right and the member was not set up anew;"
            " then make a new invite there: sudo network-cli invite",
        )

    def _unverified(self, error: ssl.SSLCertVerificationError) -> JoinError:
        if error.verify_code in _CLOCK_ERRORS:
            return JoinError(
                f"the certificate of {self._invite.door} is not valid now: {error.verify_message}",
                f"This machine's clock says {_clock(time.time())}. If that is wrong, set it and run this again;"
                " else see on the member: sudo debros-host check",
            )
        return self._impostor()

    def _stranger(self, what: str) -> JoinError:
        return JoinError(
            f"what answers at {self._invite.door} is not the door of a cluster ({what})",
            "See whether the address is right; a new invite is made on a member with: sudo network-cli invite",
        )

    def _refusal(self, status: int, answer: dict[str, Any]) -> JoinError:
        code, text = str(answer.get("code", "")), str(answer.get("error", f"HTTP status {status}"))
        if code == "invite_expired":
            return expired(self._invite, str(answer.get("clock", "")), code)
        hint = str(answer.get("hint", ""))
        return JoinError(text, *filter(None, [hint]), code=code)


def expired(invite: Invite, clock: str = "", code: str = "") -> JoinError:
    """Return the error for an invite whose time is over.

    Args:
        invite: the invite.
        clock: what the member's clock says, "" when it was not asked.
        code: the door's, if it was asked.
    """
    theirs = f", the member's {clock}" if clock else ""
    return JoinError(
        f"the invite has expired: it was valid until {_clock(invite.expires)}",
        f"This machine's clock says {_clock(time.time())}{theirs}.",
        "Make a new one on a member: sudo network-cli invite",
        code=code,
    )


def _clock(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))
