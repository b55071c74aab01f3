"""The files that keys of a configuration name, each good for its key."""

import json
from dataclasses import dataclass
from pathlib import Path

from testkit.tls import Authority, self_signed

RAFT_NAME = "raft.example"


@dataclass(frozen=True)
class Files:
    """Files that keys of a configuration name, made once for all documents."""

    key: Path
    certificate: Path
    raft_key: Path
    raft_certificate: Path
    raft_authority: Path
    auth: Path
    credentials: Path
    api_keys: Path
    server_key: Path

    @classmethod
    def make(cls, directory: Path) -> "Files":
        authority = Authority(directory)

        def secret(name, text):
            path = directory / name
            path.touch(0o600)
            path.write_text(text)
            return path

        people = [{"username": name, "password": "p", "perms": ["all"]} for name in ("cluster", "other")]
        return cls(
            *self_signed(directory, "pair"),
            *authority.issue("raft", dns=RAFT_NAME),
            authority.certificate,
            secret("auth.json", json.dumps(people)),
            secret("credentials", "user:password"),
            secret("api-keys", f"# longer than those that are drawn\n{'k' * 60}:ns\n"),
            secret("server-key", "s" * 32),
        )
