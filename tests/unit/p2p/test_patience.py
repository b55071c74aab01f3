from debros.p2p.patience import PATIENCE, Patience


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


def make():
    clock = Clock()
    return Patience(lambda peer: peer == "member", clock), clock


def test_a_stranger_in_vain_is_paid_by_all_strangers() -> None:
    patience, clock = make()
    assert patience.with_peer("one") == PATIENCE
    patience.in_vain("one", 5)
    assert patience.with_peer("another") == 0
    clock.now += 60
    assert patience.with_peer("another") == 1
    patience.in_vain("another", 1)
    clock.now += 3600
    assert patience.with_peer("third") == PATIENCE  # and not more


def test_for_members_there_is_always_patience() -> None:
    patience, _ = make()
    for _ in range(10):
        assert patience.with_peer("member") == PATIENCE
        patience.in_vain("member", PATIENCE)
    assert patience.with_peer("one") == PATIENCE


def test_a_stranger_that_makes_room_in_time_costs_nothing() -> None:
    patience, clock = make()
    for _ in range(10):
        assert patience.with_peer("slow") == PATIENCE
        clock.now += 4
