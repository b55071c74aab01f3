import pytest

from debros.client.calls.endpoints import Endpoints, host_of, parse


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://Localhost:6001/", "http://localhost:6001"),
        (" https://gw.example ", "https://gw.example"),
        ("https://gw.example/debros/", "https://gw.example/debros"),
        ("http://[::1]:6001", "http://[::1]:6001"),
    ],
)
def test_an_address_has_one_form(text, url) -> None:
    assert parse(text) == url


@pytest.mark.parametrize(
    "text",
    [
        "",
        "localhost:6001",
        "ftp://x",
        "http://",
        "http://x:0",
        "http://x:99999",
        "http://x?y",
        "http://a b",
        "http://ü",
    ],
)
def test_what_is_no_address(text) -> None:
    with pytest.raises(ValueError, match=r"endpoints: .* is not the address of a gateway"):
        parse(text)


def test_a_password_is_refused_and_not_shown() -> None:
    with pytest.raises(ValueError, match="no user or password") as error:
        parse("http://me:secret@gw.example")
    assert "secret" not in str(error.value)


def test_there_must_be_one() -> None:
    for none in ([], "http://localhost:6001"):
        with pytest.raises(ValueError, match="at least one gateway"):
            Endpoints(none)


def test_who_fails_is_left_once() -> None:
    endpoints = Endpoints(["http://a", "http://b"])
    endpoints.failed("http://a")
    endpoints.failed("http://a")  # another call that has seen the same
    assert endpoints.current == "http://b"
    endpoints.failed("http://b")
    assert endpoints.current == "http://a"


def test_a_sign_in_message_names_host_and_port() -> None:
    assert host_of("https://gw.example:444/path") == "gw.example:444"
