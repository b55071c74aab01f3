"""The file of credentials, `~/.debros/credentials.json`: read and written here and nowhere else.

    {"version": "2.0", "current": "http://localhost:6001",
     "gateways": {"http://localhost:6001": {"current": 1, "credentials": [
         {"type": "api_key", "api_key": "…", "namespace": "default", "wallet": ""},
         {"type": "session", "wallet": "0x…", "namespace": "shop", "access_token": "…", "expires_at": 1700000000,
          "refresh_token": "…"}]}}}

A session whose `refresh_token` is "" is over: its wallet has to sign in again. Members this version does not know stay
as they are when the file is rewritten.
"""

from debros.cli.credentials.changes import check_storable, forget, save_api_key, save_session, switch
from debros.cli.credentials.file import Credentials, check_writable, default_path, editing, load
from debros.cli.credentials.form import VERSION, CredentialsError
from debros.cli.credentials.records import ApiKey, Credential, Session

__all__ = [
    "VERSION",
    "ApiKey",
    "Credential",
    "Credentials",
    "CredentialsError",
    "Session",
    "check_storable",
    "check_writable",
    "default_path",
    "editing",
    "forget",
    "load",
    "save_api_key",
    "save_session",
    "switch",
]
