import datetime as dt
import json
import re
import subprocess

import pytest
import yaml
from ansible_collections.debros.network.plugins.module_utils import pki
from ansible_collections.debros.network.plugins.module_utils.secret_files import SecretFiles, SecretsError
from cryptography import x509

from debros.hosts import certificates

NAMES = {"dns": ["n1", "debros-raft"], "address": "192.0.2.11"}


def files(directory, *, check=False) -> SecretFiles:
    return SecretFiles(directory, lambda path: path.read_text(), check=check)


@pytest.fixture(scope="module")
def authority():
    key = pki.new_key()
    return key, pki.new_ca(key)


@pytest.fixture
def request_pem() -> str:
    key = certificates.new_key()
    return certificates.request(key, name="n1", address="192.0.2.11", common_name="debros-raft").decode()


class TestFiles:
    def test_made_once(self, tmp_path) -> None:
        first = files(tmp_path / "s")
        found = first.collect()
        assert first.made == ["ca.key", "ca.crt", "rqlite.yml", "api-keys", "server-key"]
        assert {path.stat().st_mode & 0o777 for path in (tmp_path / "s").iterdir()} == {0o600}
        assert re.fullmatch(r"ak_\w{24}:default admin\n", found["api_keys"])  # the operator's
        assert (tmp_path / "s").stat().st_mode & 0o777 == 0o700
        second = files(tmp_path / "s")
        assert (second.collect(), second.made) == (found, [])

    def test_check_mode_writes_nothing(self, tmp_path) -> None:
        found = files(tmp_path / "s", check=True).collect()
        assert len(found["rqlite_users"]) == 4
        assert not (tmp_path / "s").exists()

    def test_an_interrupted_start_is_completed_with_the_same_key(self, tmp_path) -> None:
        files(tmp_path).collect()
        key = (tmp_path / "ca.key").read_text()
        (tmp_path / "ca.crt").unlink()
        assert files(tmp_path).collect()["ca_key"] == key

    def test_the_authority_s_key_may_be_elsewhere(self, tmp_path) -> None:
        files(tmp_path).collect()
        (tmp_path / "ca.key").unlink()
        assert files(tmp_path).collect()["ca_key"] == ""
        assert not (tmp_path / "ca.key").exists()

    def test_readable_by_others(self, tmp_path) -> None:
        files(tmp_path).collect()
        (tmp_path / "rqlite.yml").chmod(0o644)
        with pytest.raises(SecretsError, match=r"can be read by others; run: chmod 600"):
            files(tmp_path).collect()

    @pytest.mark.parametrize(
        "text", ["gateway: 5\n", "secretword: [", "[]", "gateway: 'secretword:x'\nnode: a\ncluster: b\nadmin: c\n"]
    )
    def test_damaged_and_never_quoted(self, tmp_path, text) -> None:
        files(tmp_path).collect()
        (tmp_path / "rqlite.yml").write_text(text)
        with pytest.raises(SecretsError) as caught:
            files(tmp_path).collect()
        assert "rqlite.yml" in str(caught.value)
        assert "secretword" not in str(caught.value)


ENCRYPTED = ("ca.key", "rqlite.yml", "api-keys", "server-key")


class TestVault:
    """The action, with files that ansible-vault has encrypted."""

    @pytest.fixture
    def vault(self, tmp_path, root):
        """Directory of secrets, encrypted, with what was in them."""
        directory = tmp_path / "secrets"
        plain = files(directory).collect()
        (tmp_path / "password").write_text("a password of the operator\n")
        subprocess.run(
            [
                *(root / ".venv/bin/ansible-vault", "encrypt", "--vault-password-file", tmp_path / "password"),
                *(directory / name for name in ENCRYPTED),
            ],
            check=True,
            capture_output=True,
        )
        return directory, plain

    @pytest.fixture
    def run(self, playbook, tmp_path):
        """Runs the role's task, once for each of the given phases, and returns what it found and what Ansible said."""

        def run(directory, *phases, given=()):
            silent = {"no_log": True, "register": "found"}
            tasks = [
                {"debros.network.cluster_secrets": {"directory": str(directory), **phase}, **silent} for phase in phases
            ]
            kept = {"content": "{{ found | to_json }}", "dest": str(tmp_path / "found.json"), "mode": "0600"}
            tasks.append({"ansible.builtin.copy": kept, "no_log": True})
            (tmp_path / "play.yml").write_text(
                yaml.safe_dump([{"hosts": "debros", "gather_facts": False, "tasks": tasks}])
            )
            hosts = {"debros": {"hosts": {"n1": {"ansible_connection": "local"}}}}
            done = playbook(tmp_path / "play.yml", hosts, *given)
            found = tmp_path / "found.json"
            return done, json.loads(found.read_text()) if found.exists() else {}

        return run

    def test_encrypted_files_are_read_and_stay(self, vault, run, tmp_path) -> None:
        directory, plain = vault
        before = {path.name: path.read_bytes() for path in directory.iterdir()}
        assert all(before[name].startswith(b"$ANSIBLE_VAULT") for name in ENCRYPTED)
        done, found = run(directory, {}, given=["--vault-password-file", str(tmp_path / "password")])
        assert done.returncode == 0, done.stdout + done.stderr
        assert (found["secrets"], found["made"], found["changed"]) == (plain, [], False)
        assert {path.name: path.read_bytes() for path in directory.iterdir()} == before
        assert "WARNING" not in done.stdout + done.stderr

    def test_a_secret_that_becomes_plain_is_told(self, vault, run, tmp_path) -> None:
        directory, plain = vault
        phases = ({"passwords": "prepare", "authority": "prepare"}, {"passwords": "switch", "authority": "switch"})
        done, found = run(directory, *phases, given=["--vault-password-file", str(tmp_path / "password")])
        assert done.returncode == 0, done.stdout + done.stderr
        assert found["secrets"]["ca_key"] != plain["ca_key"]
        said = " ".join((done.stdout + done.stderr).split())
        for name in ("rqlite.yml", "ca.next.key", "ca.key"):
            path = directory / name
            assert (
                f"{path}: a new secret, and not encrypted as the old one was; run: ansible-vault encrypt {path}" in said
            )
        assert "ca.crt:" not in said

    def test_without_the_password_it_says_what_is_missing(self, vault, run) -> None:
        directory, _ = vault
        done, _ = run(directory, {})
        assert done.returncode == 2
        assert f"{directory}/ca.key: Attempting to decrypt but no vault secrets found" in done.stdout
        assert "(for a vaulted file: --ask-vault-pass)" in done.stdout


class TestPasswords:
    def names(self, found) -> list[str]:
        return sorted(user["username"] for user in found["rqlite_users"])

    def test_both_generations_are_known_before_the_new_one_is_used(self, tmp_path) -> None:
        before = files(tmp_path).collect()
        prepared = files(tmp_path).collect("prepare")
        assert self.names(prepared) == ["admin", "admin-1", "cluster", "gateway", "gateway-1", "node", "node-1"]
        assert prepared["rqlite"] == before["rqlite"]
        assert files(tmp_path).collect("prepare") == prepared  # repeated after an interruption
        assert files(tmp_path).collect()["rqlite"] == before["rqlite"]  # an ordinary run in between
        switched = files(tmp_path).collect("switch")
        assert switched["rqlite"]["gateway"].startswith("gateway-1:")
        assert self.names(switched) == self.names(prepared)
        finished = files(tmp_path).collect("finish")
        assert self.names(finished) == ["admin-1", "cluster", "gateway-1", "node-1"]
        assert files(tmp_path).collect() == finished == files(tmp_path).collect("finish")
        assert self.names(files(tmp_path).collect("prepare"))[1] == "admin-2"


class TestAuthority:
    def test_both_are_trusted_before_the_new_one_signs(self, tmp_path, request_pem) -> None:
        before = files(tmp_path).collect()
        old = pki.sign(request_pem, before["ca_key"], before["ca_certificate"], **NAMES)
        prepared = files(tmp_path).collect(authority="prepare")
        assert prepared["ca_key"] == before["ca_key"]
        assert len(pki.authorities(prepared["ca_certificate"])) == 2
        assert files(tmp_path).collect(authority="prepare") == prepared  # repeated after an interruption
        assert self.faults(old, prepared) == []
        switched = files(tmp_path).collect(authority="switch")
        assert files(tmp_path).collect(authority="switch") == switched == files(tmp_path).collect(authority="prepare")
        assert switched["ca_key"] != before["ca_key"]
        assert self.faults(old, switched) == ["it comes from another authority"]
        new = pki.sign(request_pem, switched["ca_key"], switched["ca_certificate"], **NAMES)
        assert self.faults(new, switched) == []
        finished = files(tmp_path).collect(authority="finish")
        assert files(tmp_path).collect() == finished == files(tmp_path).collect(authority="finish")
        assert len(pki.authorities(finished["ca_certificate"])) == 1
        assert self.faults(new, finished) == []
        assert not (tmp_path / "ca.next.key").exists()

    def faults(self, pem, found) -> list[str]:
        return pki.faults(pem, found["ca_certificate"], **NAMES, renew_days=30, ca_key_pem=found["ca_key"])

    def test_interrupted_between_its_two_files(self, tmp_path) -> None:
        before = files(tmp_path).collect()
        prepared = files(tmp_path).collect(authority="prepare")
        (tmp_path / "ca.crt").write_text(before["ca_certificate"])
        with pytest.raises(SecretsError, match="do not belong together"):
            files(tmp_path).collect(authority="switch")
        key = (tmp_path / "ca.next.key").read_text()
        again = files(tmp_path).collect(authority="prepare")
        assert (tmp_path / "ca.next.key").read_text() == key
        assert len(pki.authorities(again["ca_certificate"])) == len(pki.authorities(prepared["ca_certificate"])) == 2

    def test_check_mode_changes_nothing(self, tmp_path) -> None:
        before = files(tmp_path).collect()
        files(tmp_path, check=True).collect(authority="prepare")
        assert files(tmp_path).collect() == before
        files(tmp_path).collect(authority="prepare")
        files(tmp_path, check=True).collect(authority="switch")
        assert files(tmp_path).collect()["ca_key"] == before["ca_key"]

    def test_the_key_that_stays_must_be_there_at_the_end(self, tmp_path) -> None:
        files(tmp_path).collect(authority="prepare")
        files(tmp_path).collect(authority="switch")
        (tmp_path / "ca.key").unlink()
        with pytest.raises(SecretsError, match="needed to know which authority stays"):
            files(tmp_path).collect(authority="finish")


class TestCertificates:
    def test_a_signed_certificate_is_good_for_the_host(self, authority, request_pem) -> None:
        key, ca = authority
        pem = pki.sign(request_pem, key, ca, **NAMES)
        assert pki.faults(pem, ca, **NAMES, renew_days=30) == []
        found = x509.load_pem_x509_certificate(pem.encode())
        left = found.not_valid_after_utc - dt.datetime.now(dt.UTC)
        assert dt.timedelta(364) < left <= dt.timedelta(365)

    def test_why_it_would_be_made_anew(self, authority, request_pem) -> None:
        key, ca = authority
        pem = pki.sign(request_pem, key, ca, **NAMES, days=20)
        assert pki.faults("", ca, **NAMES, renew_days=30) == ["there is none"]
        assert pki.faults(pem, ca, **NAMES, renew_days=30) == ["19 days are left"]
        moved = {**NAMES, "address": "192.0.2.99"}
        assert pki.faults(pem, ca, **moved, renew_days=1) == ["name or address of the host has changed"]
        assert pki.faults(pem, pki.new_ca(pki.new_key()), **NAMES, renew_days=1) == ["it comes from another authority"]
        assert pki.faults("rubbish", ca, **NAMES, renew_days=1)[0].startswith("not a certificate")

    def test_a_host_gets_no_other_name_than_its_own(self, authority, request_pem) -> None:
        key, ca = authority
        with pytest.raises(pki.PkiError, match="the host asks for a certificate for n1"):
            pki.sign(request_pem, key, ca, dns=["n2", "debros-raft"], address="192.0.2.11")

    def test_foreign_halves(self, authority, request_pem) -> None:
        _, ca = authority
        with pytest.raises(pki.PkiError, match="do not belong together"):
            pki.sign(request_pem, pki.new_key(), ca, **NAMES)
        with pytest.raises(pki.PkiError, match="request cannot be read"):
            pki.sign("rubbish", *authority, **NAMES)
