import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from debros.cli import credentials
from debros.cli.credentials import CredentialsError

URL = "http://localhost:6001"


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "credentials.json"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def store(path: Path, text: str, permissions: int = 0o600) -> None:
    path.write_text(text)
    path.chmod(permissions)


def document(**changes: object) -> str:
    return json.dumps({"version": "2.0", "current": "", "gateways": {}} | changes)


def test_a_missing_file_is_empty(path) -> None:
    stored = credentials.load(path)
    assert stored.current is None
    assert stored.for_gateway(URL) is None
    assert not path.exists()


def test_a_saved_key_is_found_and_current_with_safe_modes(home) -> None:
    credentials.save_api_key(None, URL + "/", "k1", "default")
    path = home / ".debros" / "credentials.json"
    assert json.loads(path.read_text()) == {
        "version": "2.0",
        "current": URL,
        "gateways": {
            URL: {
                "credentials": [{"type": "api_key", "api_key": "k1", "namespace": "default", "wallet": ""}],
                "current": 0,
            }
        },
    }
    assert mode(path) == 0o600
    assert mode(path.parent) == 0o700
    assert {file.name for file in path.parent.iterdir()} == {"credentials.json", "credentials.json.lock"}
    stored = credentials.load()
    assert stored.current == URL
    found = stored.for_gateway(URL)
    assert found is not None
    assert (found.api_key, found.namespace) == ("k1", "default")
    assert "k1" not in repr(found)


def test_the_directory_is_closed_to_others_even_when_it_was_there(home) -> None:
    (home / ".debros").mkdir(mode=0o755)
    credentials.save_api_key(None, URL, "k1", "default")
    assert mode(home / ".debros") == 0o700


def test_a_directory_of_the_users_choice_keeps_its_mode(path) -> None:
    path.parent.chmod(0o755)
    credentials.save_api_key(path, URL, "k1", "default")
    assert mode(path.parent) == 0o755


def test_a_second_key_of_the_namespace_takes_the_place_of_the_first(path) -> None:
    for key in ("k1", "k2"):
        credentials.save_api_key(path, URL, key, "default")
    stored = credentials.load(path)
    assert len(stored.document["gateways"][URL]["credentials"]) == 1
    assert stored.for_gateway(URL).api_key == "k2"


def test_other_keys_other_gateways_and_unknown_members_stay(path) -> None:
    credentials.save_api_key(path, URL, "k1", "default")
    changed = json.loads(path.read_text())
    changed["gateways"][URL]["credentials"].append({"type": "jwt", "token": "t", "novel": [1]})
    changed["novel"] = {"a": 1}
    path.write_text(json.dumps(changed))
    credentials.save_api_key(path, "https://other.example", "k2", "shop")
    credentials.save_api_key(path, URL, "k3", "shop")
    after = json.loads(path.read_text())
    assert after["novel"] == {"a": 1}
    assert after["current"] == URL
    assert [one.get("api_key") for one in after["gateways"][URL]["credentials"]] == ["k1", None, "k3"]
    assert credentials.load(path).for_gateway(URL).api_key == "k1"
    assert credentials.load(path).for_gateway("https://other.example/").api_key == "k2"


def test_make_current_only_if_asked(path) -> None:
    credentials.save_api_key(path, URL, "k1", "default", make_current_if_none=False)
    assert credentials.load(path).current is None


@pytest.mark.parametrize("other", ["http://127.0.0.1:6001", "http://[::1]:6001"])
def test_names_of_this_host_are_one_gateway(path, other) -> None:
    credentials.save_api_key(path, URL, "k1", "default")
    assert credentials.load(path).for_gateway(other).api_key == "k1"
    assert credentials.load(path).for_gateway(other.replace("6001", "6002")) is None
    assert credentials.load(path).for_gateway(other.replace("http:", "https:")) is None


def test_a_file_others_can_read_is_closed_with_a_notice(path) -> None:
    store(path, document(), 0o644)
    stored = credentials.load(path)
    assert mode(path) == 0o600
    assert "0644" in stored.notices[0]
    assert credentials.load(path).notices == []


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[]", "version None"),
        (document(version="1.0"), "repair it or move it away"),
        (document(version="2.1"), "upgrade network-cli"),
        (document(version="10.0"), "upgrade network-cli"),
        (document(version=2.0), "version 2.0"),
        (document(current=None), "not the form"),
        (document(gateways=[]), "not the form"),
        (document(gateways={URL: {"credentials": [{"type": "api_key"}], "current": 0}}), "not the form"),
        (document(gateways={URL: {"credentials": [], "current": 1}}), "not the form"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_and_never_overwritten(path, text, named) -> None:
    store(path, text)
    with pytest.raises(CredentialsError, match=named) as raised:
        credentials.load(path)
    assert str(path) in str(raised.value)
    with pytest.raises(CredentialsError, match=named):
        credentials.save_api_key(path, URL, "k1", "default")
    assert path.read_text() == text


def test_a_fifo_is_refused_at_once(path) -> None:
    os.mkfifo(path, 0o600)
    with pytest.raises(CredentialsError, match="not a regular file"):
        credentials.load(path)


def test_a_link_stays_a_link(path) -> None:
    target = path.with_name("elsewhere.json")
    store(target, document())
    path.symlink_to(target)
    credentials.save_api_key(path, URL, "k1", "default")
    assert path.is_symlink()
    assert "k1" in target.read_text()


def test_a_directory_that_cannot_be_written_is_an_error_with_its_name(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CredentialsError, match="file"):
        credentials.save_api_key(tmp_path / "file" / "credentials.json", URL, "k1", "default")


def test_writers_at_the_same_time_lose_nothing(path) -> None:
    script = "import sys; from debros.cli import credentials; from pathlib import Path\n"
    script += "for n in range(5): credentials.save_api_key(Path(sys.argv[1]), f'http://h{sys.argv[2]}:{n}', 'k', 'd')"
    started = [subprocess.Popen([sys.executable, "-c", script, str(path), str(n)]) for n in range(4)]
    assert [process.wait(60) for process in started] == [0, 0, 0, 0]
    assert len(credentials.load(path).document["gateways"]) == 20


def test_the_environment_names_the_file(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("DEBROS_CREDENTIALS_FILE", str(tmp_path / "deep" / "c.json"))
    credentials.save_api_key(None, URL, "k1", "default")
    assert mode(tmp_path / "deep" / "c.json") == 0o600
    assert mode(tmp_path / "deep") == 0o700


def test_saving_the_same_key_again_touches_nothing(home) -> None:
    path = home / ".debros" / "credentials.json"
    credentials.save_api_key(None, URL, "k1", "default")
    before = path.stat()
    credentials.save_api_key(None, URL, "k1", "default")
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    credentials.save_api_key(None, URL, "k2", "default")
    assert "k2" in path.read_text()
