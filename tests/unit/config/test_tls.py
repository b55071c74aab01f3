import pytest

from testkit.tls import self_signed as pair


@pytest.fixture
def lines(gateway_lines):
    def ask(key, certificate, **other):
        return gateway_lines(
            {
                "security.enable_tls": True,
                "security.private_key_file": str(key),
                "security.certificate_file": str(certificate),
                **other,
            }
        )

    return ask


def test_a_pair_that_fits(lines, tmp_path):
    assert lines(*pair(tmp_path, "a")) == []


def test_both_files_are_required(lines, node_lines):
    assert lines("", "") == [
        "security.private_key_file: required when enable_tls is true",
        "security.certificate_file: required when enable_tls is true",
    ]
    assert node_lines({"security.enable_tls": True, "security.private_key_file": "/x"}) == [
        "security.certificate_file: required when enable_tls is true",
    ]


def test_files_do_not_matter_when_tls_is_off(gateway_lines):
    assert gateway_lines({"security.private_key_file": "/nowhere"}) == []


def test_a_pair_that_does_not_fit(lines, tmp_path):
    key, _ = pair(tmp_path, "a")
    _, certificate = pair(tmp_path, "b")
    assert lines(key, certificate) == [
        "security.certificate_file: does not belong to security.private_key_file; give the two halves of one pair"
    ]


def test_files_that_cannot_be_read(lines, tmp_path):
    hint = "check its owner and mode"
    assert lines(tmp_path / "no.key", tmp_path) == [
        f"security.private_key_file: cannot read {tmp_path}/no.key: No such file or directory; {hint}",
        f"security.certificate_file: cannot read {tmp_path}: Is a directory; {hint}",
    ]


def test_files_that_are_something_else(lines, tmp_path):
    key, certificate = pair(tmp_path, "a")
    assert lines(certificate, key) == [
        f"security.private_key_file: {certificate} is not an unencrypted PEM private key; give a PEM file",
        f"security.certificate_file: {key} is not a PEM certificate; give a PEM file",
    ]


def test_a_key_with_a_passphrase(lines, tmp_path):
    key, certificate = pair(tmp_path, "a", password=b"x")
    assert lines(key, certificate) == [
        f"security.private_key_file: {key} is not an unencrypted PEM private key; give a PEM file"
    ]
