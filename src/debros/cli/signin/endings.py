"""How a sign-in ends without a session, because of a person."""

from __future__ import annotations

from debros.terminal.errors import CliError, ExitCode

_AGAIN = "start again with: network-cli auth login"


def rejected(error: str, where: str) -> CliError:
    """Return the error for a sign-in that was declined.

    Args:
        error: OAuth's name for it (RFC 6749, section 4.1.2.1), or the page's.
        where: it happened.
    """
    message = f"the sign-in was rejected {where}"
    if error != "access_denied":
        message = f"the sign-in failed {where}: {error[:200]}"
    return CliError(message, code="access_denied", exit_code=ExitCode.AUTHENTICATION, hint=_AGAIN)


def nobody_came(seconds: float) -> CliError:
    """Return the error for a sign-in that nobody finished in time."""
    within = f"{seconds:g} s" if seconds % 60 else f"{seconds / 60:g} min"
    return CliError(
        f"nobody signed in within {within}",
        code="sign_in_timeout",
        exit_code=ExitCode.AUTHENTICATION,
        hint=_AGAIN,
    )
