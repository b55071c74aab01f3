import pytest

from debros.identity import Identity
from debros.p2p.learned import LIFETIME, MAX_ADDRESSES, MAX_PEERS, Learned, believable


def peer(number):
    return Identity.from_seed(number.to_bytes(32, "big")).peer_id


OWN, OTHER, THIRD = peer(1), peer(2), peer(3)


@pytest.mark.parametrize("text", ["/ip4/192.0.2.1/tcp/4001", "/ip6/2001:db9::1/tcp/1", "/ip4/10.0.0.1/tcp/65535"])
@pytest.mark.parametrize("behind", ["", f"/p2p/{OTHER}"])
def test_what_is_worth_a_dial(text, behind):
    assert str(believable(text + behind, OTHER, teller_is_local=False)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "/",
        "/ip4/192.0.2.1",
        "/ip4/192.0.2.1/udp/4001",
        "/ip4/192.0.2.1/udp/4001/quic-v1",
        "/ip4/192.0.2.1/tcp/4001/ws",
        "/ip4/192.0.2.1/tcp/0",
        "/ip4/0.0.0.0/tcp/4001",
        "/ip6/::/tcp/4001",
        "/ip4/224.0.0.1/tcp/4001",
        "/ip4/255.255.255.255/tcp/4001",
        "/ip4/169.254.169.254/tcp/80",
        "/ip6/fe80::1/tcp/4001",
        "/dns/example.org/tcp/4001",
        "/dns4/localhost/tcp/4001",
        f"/ip4/192.0.2.1/tcp/4001/p2p/{THIRD}",
        f"/ip4/192.0.2.1/tcp/4001/p2p/{OTHER}/p2p-circuit",
        f"/ip4/192.0.2.1/tcp/4001/p2p/{THIRD}/p2p-circuit/p2p/{OTHER}",
        "/unix/run/debros/p2p.sock",
        "/ip4/192.0.2.1/tcp/" + "4" * 300,
        "/ip4/192.0.2.1/tcp/4001\x00",
    ],
)
def test_what_is_not(text):
    assert believable(text, OTHER, teller_is_local=True) is None


@pytest.mark.parametrize("text", ["/ip4/127.0.0.1/tcp/5001", "/ip4/127.9.9.9/tcp/1", "/ip6/::1/tcp/5001"])
def test_loopback_is_believed_of_a_neighbour_only(text):
    assert believable(text, OTHER, teller_is_local=False) is None
    assert str(believable(text, OTHER, teller_is_local=True)) == text


def test_loopback_in_other_clothes():
    assert believable("/ip6/::ffff:127.0.0.1/tcp/1", OTHER, teller_is_local=False) is None


class Book:
    """What was learned, with a clock that is set."""

    def __init__(self):
        self.now = 1000.0
        self.learned = Learned(OWN, lambda: self.now)

    def told(self, peer_id, *addresses):
        self.learned.told(peer_id, [f"/ip4/192.0.2.{one}/tcp/1" for one in addresses], teller_is_local=False)

    def known(self):
        return {
            peer_id: [int(address.split("/")[2].rpartition(".")[2]) for address in addresses]
            for peer_id, addresses in self.learned.peers().items()
        }


def test_addresses_end_when_they_are_not_told_again():
    book = Book()
    book.told(OTHER, 1, 2)
    book.now += LIFETIME - 1
    book.told(OTHER, 2)
    book.now += 1
    assert book.known() == {OTHER: [2]}
    book.now += LIFETIME
    assert book.known() == {}


def test_the_newest_address_comes_first_and_one_that_failed_is_gone():
    book = Book()
    book.told(OTHER, 1)
    book.told(OTHER, 2)
    assert book.known() == {OTHER: [2, 1]}
    book.learned.failed(OTHER, "/ip4/192.0.2.2/tcp/1")
    assert book.known() == {OTHER: [1]}
    book.learned.failed(OTHER, "/ip4/192.0.2.1/tcp/1")
    book.learned.failed(OTHER, "/ip4/192.0.2.1/tcp/1")
    assert book.known() == {}


def test_what_is_kept_has_bounds():
    book = Book()
    book.told(OTHER, *range(1, 100))
    book.told(OTHER, *range(100, 200))
    assert book.known() == {OTHER: list(range(100, 100 + MAX_ADDRESSES))}
    for number in range(10, 10 + MAX_PEERS):
        book.told(peer(number), 1)
    assert len(book.known()) == MAX_PEERS
    assert OTHER not in book.known()  # the longest untold


def test_neither_this_node_nor_what_is_no_peer_is_learned():
    book = Book()
    for nobody in (OWN, "", "x", "1" * 1000):
        book.told(nobody, 1)
    book.told(OTHER)
    assert book.known() == {}
