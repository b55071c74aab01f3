"""A member that follows the list, its roles replaced by a note of what they were given."""

import json

from debros.enrol.inventory import FILE
from debros.hosts import places
from debros.hosts.membership import follow, roles
from debros.hosts.settings import Settings


class Follower:
    """`debros-host members apply` in this process, with a release whose roles are a script of the test."""

    def __init__(self, host, home, monkeypatch):
        self.host, self.home = host, home
        self.release = home / "release"
        program = self.release / "ansible-venv" / "bin" / "ansible-playbook"
        program.parent.mkdir(parents=True)
        self.calls, self.lock, self.applied = home / "calls", home / "lock", home / "state" / "applied"
        program.write_text(
            f'#!/bin/sh\necho "$*" >> {self.calls}\n'
            f'env > {home}/environment\nfor last; do :; done\ncat "${{last#@}}" > {home}/extra\n. {home}/do\n'
        )
        program.chmod(0o755)
        self.roles_do("exit 0")
        self.note("")
        (host.etc / "inventory").mkdir(exist_ok=True)
        (host.etc / "inventory" / FILE).write_text("debros: {}\n")
        monkeypatch.setattr(places, "CURRENT_RELEASE", self.release)
        monkeypatch.setattr(roles, "_LOG", home / "log")
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(host.keys))
        monkeypatch.setenv("SECRET_OF_OURS", "x")

    def note(self, note):
        (self.release / "release.json").write_text(json.dumps({"rqlite": {"note": note}}))

    def roles_do(self, script):
        (self.home / "do").write_text(script + "\n")

    def __call__(self):
        return follow.follow(Settings(self.host.config, quiet=True), self.host.etc, self.lock, self.applied)

    def called(self):
        lines = self.calls.read_text().splitlines() if self.calls.exists() else []
        self.calls.unlink(missing_ok=True)
        return lines
