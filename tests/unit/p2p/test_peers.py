from debros.p2p.peers import PeerBook


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


def test_peer_book_keeps_the_connected_and_forgets_the_longest_unseen():
    clock = Clock()
    book = PeerBook(limit=3, clock=clock)
    for name in "abcd":
        clock.now += 1
        book.connected(name, [f"/{name}"])
        if name != "a":
            book.disconnected(name)
    book.connected("e", [])
    assert [(peer.id, peer.connected) for peer in book.list()] == [("e", True), ("a", True), ("d", False)]
    book.seen("a", [])
    assert next(peer for peer in book.list() if peer.id == "a").addresses == ["/a"]
    book.seen("nobody", ["/x"])
    assert len(book.list()) == 3
