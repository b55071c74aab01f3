import os
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from debros import identity
from debros.identity import Identity, IdentityError

# Made with js-libp2p: @libp2p/crypto 5.1.23 (privateKeyToProtobuf) and @libp2p/peer-id 6.0.15 (peerIdFromPrivateKey).
JS_VECTORS = [
    (
        "08011240" + "00" * 32 + "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29",
        "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN",
    ),
    (
        "08011240" + bytes(range(32)).hex() + "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8",
        "12D3KooWA4Xop1JaT3MHxwYMkCepYsv4iPVopMXwCz5iHYdBfeSB",
    ),
    (
        "08011240" + "ff" * 32 + "76a1592044a6e4f511265bca73a604d90b0529d1df602be30a19a9257660d1f5",
        "12D3KooWHoSyTgntm77sXShoeX9uNkqKNMhHxKtskaHqnA54SrSG",
    ),
]


@pytest.mark.parametrize(("file", "peer_id"), JS_VECTORS)
def test_reads_and_writes_what_js_libp2p_writes(file, peer_id):
    key = identity.unmarshal(bytes.fromhex(file))
    assert key.peer_id == peer_id
    assert key.marshal().hex() == file


def test_reads_the_layouts_of_py_libp2p_and_old_go():
    key = identity.unmarshal(bytes.fromhex(JS_VECTORS[1][0]))
    assert identity.unmarshal(bytes.fromhex("08011220") + key.seed) == key
    assert identity.unmarshal(bytes.fromhex("08011260") + key.seed + key.public_key * 2) == key


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"garbage", "not an Ed25519"),
        (bytes.fromhex("08011240") + bytes(63), "67 bytes"),
        (bytes.fromhex("08011240") + bytes(64), "does not belong"),
        (bytes.fromhex("08011260") + bytes.fromhex(JS_VECTORS[0][0])[4:] + b"\1" * 32, "does not belong"),
        (b"-----BEGIN PRIVATE KEY-----\n" * 40, "not an Ed25519"),
    ],
)
def test_garbage_is_an_error_that_names_the_file_and_is_never_replaced(tmp_path, data, says):
    path = tmp_path / "identity.key"
    path.write_bytes(data)
    path.chmod(0o600)
    with pytest.raises(IdentityError) as caught:
        identity.load_or_create(path)
    assert str(path) in str(caught.value)
    assert says in str(caught.value)
    assert path.read_bytes() == data


def test_creates_once_with_mode_0600_and_leaves_nothing_else(tmp_path):
    path = tmp_path / "keys" / "identity.key"
    old = os.umask(0)  # the mode must not depend on it
    try:
        key = identity.load_or_create(path)
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [entry.name for entry in path.parent.iterdir()] == ["identity.key"]
    assert len(path.read_bytes()) == 68
    assert identity.load_or_create(path) == key == identity.load(path)


def test_all_who_create_at_the_same_moment_get_the_same_key(tmp_path):
    path = tmp_path / "identity.key"
    with ThreadPoolExecutor(16) as pool:
        keys = {key.peer_id for key in pool.map(lambda _: identity.load_or_create(path), range(64))}
    assert len(keys) == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["identity.key"]


def test_missing_file_and_directory_in_its_place(tmp_path):
    with pytest.raises(IdentityError, match="no such key file"):
        identity.load(tmp_path / "identity.key")
    with pytest.raises(IdentityError, match="cannot read the key file"):
        identity.load_or_create(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(IdentityError, match="cannot create the key file"):
        identity.load_or_create(tmp_path / "file" / "identity.key")


def test_a_key_that_everyone_may_read_is_refused(tmp_path):
    path = tmp_path / "identity.key"
    identity.load_or_create(path)
    path.chmod(0o644)
    with pytest.raises(IdentityError, match="chmod 600"):
        identity.load(path)


def test_the_seed_is_not_in_the_repr():
    key = Identity.from_seed(bytes(range(32)))
    assert "\\x01\\x02" not in repr(key)
    with pytest.raises(ValueError, match="32 bytes"):
        Identity.from_seed(b"short")
