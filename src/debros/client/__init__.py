"""The client library: SQL, storage, pub/sub and network of a DeBros cluster from Python (docs/client.md).

`NetworkClient` is for asyncio; every part of it is typed.
"""

from debros.client.client import NetworkClient
from debros.client.credentials import ApiKey, Credential, TokenPair, Tokens, WalletKey
from debros.client.errors import (
    AnswerLostError,
    AuthenticationError,
    BadRequestError,
    ClosedError,
    ConflictError,
    DatabaseFullError,
    DebrosError,
    GatewayDefectError,
    MigrationError,
    NoAnswerError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    PreconditionFailedError,
    RateLimitedError,
    RefusedError,
    SlowReaderError,
    SqlError,
    TooLargeError,
    UnavailableError,
    UnexpectedAnswerError,
    UnreachableError,
    WalletKeyError,
)
from debros.client.sql.database import Database
from debros.client.sql.operations import Read, Write
from debros.client.sql.parts import Join, Where
from debros.client.sql.results import Column, ExecResult, ReadFailed, Row, Rows, Table
from debros.client.storage import KeyPage, Put, Storage, Stored
from debros.client.wallets import Wallet

__all__ = [
    "AnswerLostError",
    "ApiKey",
    "AuthenticationError",
    "BadRequestError",
    "ClosedError",
    "Column",
    "ConflictError",
    "Credential",
    "Database",
    "DatabaseFullError",
    "DebrosError",
    "ExecResult",
    "GatewayDefectError",
    "Join",
    "KeyPage",
    "MigrationError",
    "NetworkClient",
    "NoAnswerError",
    "NotFoundError",
    "OutcomeUnknownError",
    "PermissionDeniedError",
    "PreconditionFailedError",
    "Put",
    "RateLimitedError",
    "Read",
    "ReadFailed",
    "RefusedError",
    "Row",
    "Rows",
    "SlowReaderError",
    "SqlError",
    "Storage",
    "Stored",
    "Table",
    "TokenPair",
    "Tokens",
    "TooLargeError",
    "UnavailableError",
    "UnexpectedAnswerError",
    "UnreachableError",
    "Wallet",
    "WalletKey",
    "WalletKeyError",
    "Where",
    "Write",
]
