"""Files of secrets: what they may hold, who may read them, and that nothing of them reaches a message."""

import json

import pytest

from debros.config import ConfigError, dump, load_gateway, rqlite_credentials, static_api_keys
from debros.config.secretfiles import (
    SecretFileError,
    UserPassword,
    read_api_keys,
    read_auth_users,
    read_credentials,
    read_server_key,
)

SECRET = "hunter2"


@pytest.fixture
def file(tmp_path):
    """Write a file that only we can read."""

    def write(text, mode=0o600):
        path = tmp_path / "secret"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        path.chmod(mode)
        return path

    return write


@pytest.mark.parametrize("text", [f"gateway:{SECRET}", f"gateway:{SECRET}\n", f"gateway:{SECRET}\r\n"])
def test_credentials_are_one_line(file, text):
    found = read_credentials(file(text))
    assert found == UserPassword("gateway", SECRET)


def test_a_password_may_hold_colons(file):
    assert read_credentials(file("gateway:a:b")).password == "a:b"


@pytest.mark.parametrize(
    "text", ["", "\n", SECRET, f":{SECRET}", "gateway:", f"a:{SECRET}\nb:{SECRET}", f"a:{SECRET}\n\n", f"a:{SECRET}\t"]
)
def test_what_is_no_credentials(file, text):
    with pytest.raises(SecretFileError, match="expected one line user:password") as caught:
        read_credentials(file(text))
    assert SECRET not in str(caught.value)


def test_text_that_is_not_utf_8(file):
    with pytest.raises(SecretFileError, match="is not UTF-8 text"):
        read_credentials(file(b"a:\xff"))


@pytest.mark.parametrize("mode", [0o604, 0o644])
def test_a_file_that_everybody_can_read_is_refused_and_the_remedy_named(file, mode):
    path = file(f"a:{SECRET}", mode)
    with pytest.raises(SecretFileError) as caught:
        read_credentials(path)
    assert str(caught.value) == f"{path} holds a secret and everybody can read it; run: chmod 600 {path}"


@pytest.mark.parametrize("mode", [0o400, 0o440, 0o640])
def test_the_modes_of_systemds_credentials_are_fine(file, mode):
    assert read_credentials(file(f"a:{SECRET}", mode)).password == SECRET


def test_api_keys_with_comments_and_blank_lines(file):
    path = file(f"# made by hand\n\n  {SECRET}:shop  \na:b:other\nc:shop   admin\n")
    assert [(line, key.key, key.namespace, key.scope) for line, key in read_api_keys(path)] == [
        (3, SECRET, "shop", ""),
        (4, "a:b", "other", ""),
        (5, "c", "shop", "admin"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"ok:ns\n{SECRET}", "line 2: invalid API key; expected key:namespace"),
        (f"{SECRET}:NO", "line 1: invalid namespace after the last colon"),
        (f"a {SECRET}:ns", "line 1: invalid API key; the part before the last colon must be printable ASCII"),
        (f"ok:ns {SECRET}", "line 1: unknown scope behind the namespace; known scope: admin"),
        (f"{SECRET}:a\n#\n{SECRET}:b", "line 3: duplicate API key; it is on line 1 already"),
    ],
)
def test_bad_api_keys_are_named_by_their_line(file, text, message):
    with pytest.raises(SecretFileError) as caught:
        read_api_keys(file(text))
    assert message in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        {"username": "a"},
        [{"username": "a", "password": SECRET}],  # without perms it would get those of its predecessor
        [{"username": "a", "password": SECRET, "perms": "all"}],
        [{"password": SECRET, "perms": []}],
    ],
)
def test_bad_auth_files(file, content):
    with pytest.raises(SecretFileError, match='needs "username", "password" and "perms"') as caught:
        read_auth_users(file(json.dumps(content)))
    assert SECRET not in str(caught.value)


def test_an_auth_file_that_is_no_json(file):
    with pytest.raises(SecretFileError, match="is not JSON"):
        read_auth_users(file(SECRET))


def test_both_sources_of_api_keys_count(file):
    config = load_gateway(None, environ={"GATEWAY_API_KEYS": "a:one"}, flags={"api_keys_file": file(f"{SECRET}:two\n")})
    assert [(key.key, key.namespace) for key in static_api_keys(config)] == [("a", "one"), (SECRET, "two")]
    assert SECRET not in repr(config)
    assert SECRET not in dump(config)


def test_a_key_in_both_sources_is_refused(gateway_lines, file):
    path = file(f"b:ns\n{SECRET}:two\n")
    assert gateway_lines({"api_keys": [f"{SECRET}:one"], "api_keys_file": str(path)}) == [
        "api_keys_file: duplicate API key on line 2; it is in api_keys as well"
    ]


def test_one_place_for_the_user_of_rqlite(gateway_lines, file):
    path = str(file(f"a:{SECRET}"))
    assert gateway_lines({"rqlite_credentials_file": path}) == []
    for changes in ({"rqlite_dsn": f"http://u:{SECRET}@h:5001"}, {"rqlite_nodes": [f"http://u:{SECRET}@h:1"]}):
        assert gateway_lines({"rqlite_credentials_file": path, **changes}) == [
            "rqlite_credentials_file: a URL of rqlite holds a user too; remove it there, or this key"
        ]


def test_credentials_directory_is_systemds(gateway_lines, file):
    path = file(f"a:{SECRET}")
    changes = {"rqlite_credentials_file": "$CREDENTIALS_DIRECTORY/secret"}
    assert gateway_lines(changes, environ={"CREDENTIALS_DIRECTORY": str(path.parent)}) == []
    assert gateway_lines(changes) == [
        "rqlite_credentials_file: invalid path; environment variable CREDENTIALS_DIRECTORY is not set"
    ]


def test_a_file_that_changed_after_the_check_is_said_at_start(file):
    path = file(f"a:{SECRET}")
    config = load_gateway(None, environ={}, flags={"rqlite_credentials_file": path, "api_keys_file": path})
    assert rqlite_credentials(config.rqlite_credentials_file, "x") == ("a", SECRET)
    path.unlink()
    with pytest.raises(ConfigError, match=r"x: cannot read .*: No such file"):
        rqlite_credentials(config.rqlite_credentials_file, "x")
    with pytest.raises(ConfigError, match="api_keys_file: cannot read"):
        static_api_keys(config)
    assert rqlite_credentials(None, "x") is None


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_server_key_is_one_long_line(file, end):
    assert read_server_key(file("k" * 32 + end)) == b"k" * 32


@pytest.mark.parametrize(
    "text",
    ["", SECRET * 4, SECRET * 200, f"{SECRET} " * 6, f"{SECRET * 6}\n{SECRET * 6}", "é" * 40],
    ids=["empty", "short", "long", "spaces", "two lines", "not ASCII"],
)
def test_what_is_no_server_key(file, text):
    with pytest.raises(SecretFileError, match="one line of 32 to 1024") as caught:
        read_server_key(file(text))
    assert SECRET not in str(caught.value)


def test_a_server_key_that_everybody_can_read(file):
    with pytest.raises(SecretFileError, match="everybody can read it"):
        read_server_key(file("k" * 40, 0o644))
