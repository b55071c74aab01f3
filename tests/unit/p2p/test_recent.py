from debros.p2p.recent import Recent


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


def test_recent_remembers_for_one_to_two_periods():
    clock = Clock()
    recent = Recent(60, clock)
    assert recent.add("a")
    assert not recent.add("a")
    clock.now += 61
    assert not recent.add("a")
    clock.now += 61
    assert recent.add("a")
    clock.now += 1000  # silence: the older generation is stale too
    assert recent.add("a")
