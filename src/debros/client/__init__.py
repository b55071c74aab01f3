"""The client library: SQL, storage, pub/sub and network of a DeBros cluster from Python (docs/client.md).

`NetworkClient` is for asyncio; every part of it is typed.
"""

from debros.client.account import Identity
from debros.client.api_keys import ApiKeys, ListedKey, NewKey
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
from debros.client.migrations import Migration, Migrations, MigrationStatus
from debros.client.network import Health, Network, NetworkStatus, Peer, Replication
from debros.client.owners import Owner, Owners
from debros.client.pubsub.events import Event, Gap, GapReason, Joined, Left, Member, Message, Present
from debros.client.pubsub.service import PubSub
from debros.client.pubsub.subscription import Subscription
from debros.client.sessions import OpenSession, Sessions
from debros.client.sql.database import Database
from debros.client.sql.operations import Read, Write
from debros.client.sql.parts import Join, Where
from debros.client.sql.results import Column, ExecResult, ReadFailed, Row, Rows, Table
from debros.client.storage import KeyPage, Put, Storage, Stored
from debros.client.wallets import Wallet

__all__ = [
    "AnswerLostError",
    "ApiKey",
    "ApiKeys",
    "AuthenticationError",
    "BadRequestError",
    "ClosedError",
    "Column",
    "ConflictError",
    "Credential",
    "Database",
    "DatabaseFullError",
    "DebrosError",
    "Event",
    "ExecResult",
    "Gap",
    "GapReason",
    "GatewayDefectError",
    "Health",
    "Identity",
    "Join",
    "Joined",
    "KeyPage",
    "Left",
    "ListedKey",
    "Member",
    "Message",
    "Migration",
    "MigrationError",
    "MigrationStatus",
    "Migrations",
    "Network",
    "NetworkClient",
    "NetworkStatus",
    "NewKey",
    "NoAnswerError",
    "NotFoundError",
    "OpenSession",
    "OutcomeUnknownError",
    "Owner",
    "Owners",
    "Peer",
    "PermissionDeniedError",
    "PreconditionFailedError",
    "Present",
    "PubSub",
    "Put",
    "RateLimitedError",
    "Read",
    "ReadFailed",
    "RefusedError",
    "Replication",
    "Row",
    "Rows",
    "Sessions",
    "SlowReaderError",
    "SqlError",
    "Storage",
    "Stored",
    "Subscription",
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
