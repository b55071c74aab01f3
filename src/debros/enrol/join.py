"""`python3 -m debros.enrol.join check` and `join`: what the installer does with an invite. The invite comes on stdin.

Standard library only: it runs from an unpacked release, before there are packages. Interrupted anywhere, the same
command goes on: a claim is stored before the cluster is asked, and the cluster gives its secrets again to that claim.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import hashlib
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from debros import files
from debros.enrol import inventory, keep
from debros.enrol.invite import Invite, InviteError, decode
from debros.enrol.knock import Door, JoinError
from debros.enrol.members import Member, MemberError, check_address, check_name, parse

if TYPE_CHECKING:
    from collections.abc import Sequence

CLAIM_BYTES: Final = 32
_LONGEST: Final = 4096
# The door's codes after which no claim is good for anything, and those before it has bound the invite to one.
_WORTHLESS: Final = ("invite_unknown", "invite_expired", "invite_used")
_NOT_BOUND: Final = ("version_differs", "name_taken", "address_taken", "invalid_host")
_ANEW: Final = "Make a new invite on a member: sudo network-cli invite"


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; exit status 0, 1 when it failed, 2 for wrong usage."""
    options = _parser().parse_args(words)
    try:
        answer = options.run(options, _invite())
    except KeyboardInterrupt:
        return 130
    except (JoinError, InviteError, keep.KeepError, MemberError, OSError) as error:
        known = _known(error)
        print(f"error: {known}", *(f"  {hint}" for hint in known.hints), sep="\n", file=sys.stderr)  # noqa: T201 - for people
        return 1
    print(json.dumps(answer))  # noqa: T201 - the result
    return 0


def _known(error: Exception) -> JoinError:
    """Say what to do as well."""
    match error:
        case JoinError():
            return error
        case keep.KeepError():
            return JoinError(str(error), "Nothing of it was used.")
        case MemberError():
            return JoinError(
                f"the list of members makes no sense: {error}", "See on a member: sudo debros-host members"
            )
        case OSError():
            where = f"{error.filename}: " if error.filename else ""
            return JoinError(f"{where}{error.strerror or error}", "Mend that and run the same command again.")
    return JoinError(str(error))


def _invite() -> Invite:
    text = sys.stdin.read(_LONGEST + 1)
    if len(text) > _LONGEST:
        raise InviteError("that is far too long for an invite")
    return decode(text)


def _check(options: argparse.Namespace, invite: Invite) -> dict[str, Any]:
    """Say hello: whether the invite is good, who the members are, and what they run. Changes nothing, here or there."""
    if options.secrets and _joined(options.secrets, options.state, invite):
        return {"joined": True, "members": None, "release": None, "expires": invite.expires}
    claim = _stored_claim(options.state, invite) if options.state else None
    given = {key: value for key in ("name", "address", "version") if (value := getattr(options, key)) is not None}
    answer = Door(invite).ask("/v1/hello", **given, **({"claim": claim} if claim else {}))
    members, release = _members(answer), answer.get("release")
    if not isinstance(release, dict) or not all(isinstance(value, str) for value in release.values()):
        raise JoinError("the member does not say what it runs", _ANEW)
    shown = [member.as_dict() for member in members]
    return {"joined": False, "members": shown, "release": release, "expires": invite.expires}


def _join(options: argparse.Namespace, invite: Invite) -> dict[str, Any]:
    """Join: secrets and list of members from a member, then tell it that they are here."""
    door = Door(invite)
    if keep.is_complete(options.secrets) and keep.authority(options.secrets) == invite.ca_sha256:
        claim = _stored_claim(options.state, invite)
        if claim is None:
            return {"joined": True, "changed": False, "members": None}
        # All is here; only the last word to the member, or the forgetting of the claim, was interrupted.
        with contextlib.suppress(JoinError):
            door.ask("/v1/done", claim=claim)
        options.state.unlink(missing_ok=True)
        return {"joined": True, "changed": True, "members": None}
    _require_empty(options.secrets, invite)
    door.meet()
    stored = _stored_claim(options.state, invite)
    claim = stored or _store_claim(options.state, invite)
    try:
        answer = door.ask("/v1/join", claim=claim, name=options.name, address=options.address, version=options.version)
    except JoinError as error:
        # A no leaves nothing behind, unless the invite may be bound to this very claim.
        if error.code in _WORTHLESS or (error.code in _NOT_BOUND and not stored):
            options.state.unlink(missing_ok=True)
        raise
    members, secrets = _members(answer), keep.check(answer.get("secrets"), invite.ca_sha256)
    if options.name not in [member.name for member in members]:
        raise JoinError(f"the cluster's list of members does not contain {options.name}", _ANEW)
    options.secrets.mkdir(mode=0o700, parents=True, exist_ok=True)
    options.inventory.mkdir(mode=0o755, parents=True, exist_ok=True)
    inventory.write(members, options.inventory, options.secrets, own=options.name)
    keep.write(secrets, options.secrets)
    with contextlib.suppress(JoinError):  # without this word the invite stays bound to us, and ends by itself
        door.ask("/v1/done", claim=claim)
    options.state.unlink(missing_ok=True)
    return {"joined": True, "changed": True, "members": [member.as_dict() for member in members]}


def _joined(secrets: Path, state: Path | None, invite: Invite) -> bool:
    """Tell whether this host has joined with this invite's cluster, to the end.

    Raises:
        JoinError: it belongs to another cluster.
    """
    if keep.is_complete(secrets) and keep.authority(secrets) == invite.ca_sha256:
        return not (state and _stored_claim(state, invite))
    _require_empty(secrets, invite)
    return False


def _require_empty(secrets: Path, invite: Invite) -> None:
    found = keep.authority(secrets)
    if found is not None and found != invite.ca_sha256:
        raise JoinError(
            f"this host has a cluster of its own: {secrets} holds the keys of another one than the invite's",
            "To give that one up with all its data: run the installer with --purge first.",
        )


def _stored_claim(state: Path, invite: Invite) -> str | None:
    """Return the claim an interrupted run has stored for this invite; None when there is none."""
    try:
        document = json.loads(state.read_text("ascii"))
        return str(document["claim"]) if document["invite"] == _fingerprint(invite) else None
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def _store_claim(state: Path, invite: Invite) -> str:
    claim = base64.b64encode(os.urandom(CLAIM_BYTES)).decode()
    state.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    files.replace(state, json.dumps({"invite": _fingerprint(invite), "claim": claim}) + "\n", mode=0o600)
    return claim


def _fingerprint(invite: Invite) -> str:
    return hashlib.sha256(invite.secret).hexdigest()


def _members(answer: dict[str, Any]) -> list[Member]:
    members = answer.get("members")
    if not isinstance(members, list):
        raise MemberError("there is none")
    return parse(members)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="debros.enrol.join", description="Join a cluster; the invite is read on stdin."
    )
    commands = parser.add_subparsers(required=True, metavar="check|join")
    check = commands.add_parser("check", help="ask a member whether this host can join; nothing changes")
    join = commands.add_parser("join", help="become a member: fetch secrets and list of members")
    for command, run, needed in ((check, _check, False), (join, _join, True)):
        command.set_defaults(run=run)
        command.add_argument("--name", type=_checked(check_name), required=needed, help="name of this host")
        command.add_argument("--address", type=_checked(check_address), required=needed, help="IP address of this host")
        command.add_argument("--version", required=needed, help="version of the release that will be installed")
        command.add_argument("--secrets", type=Path, metavar="DIR", required=needed, help="directory of secrets")
        command.add_argument("--state", type=Path, metavar="FILE", required=needed, help="where the claim is kept")
    join.add_argument("--inventory", type=Path, metavar="DIR", required=True, help="directory of the inventory")
    return parser


def _checked(check: Any) -> Any:
    def convert(text: str) -> str:
        try:
            return str(check(text))
        except MemberError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return convert


if __name__ == "__main__":
    sys.exit(main())
