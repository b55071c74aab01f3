"""Who is where, and what changes by it."""

from debros.gateway.presence.roster import Event, Member, Roster

ANN, BEN = Member("ann", 1, {"color": "red"}), Member("ben", 2)
T = "ns::acme::room"


def test_the_first_comes_and_the_last_leaves() -> None:
    roster = Roster()
    assert roster.add("g1", T, ANN) == [Event(T, ANN, present=True)]
    assert roster.add("g1", T, Member("ann", 9)) == []
    later = Member("ann", 5, "elsewhere")
    assert roster.add("g2", T, later) == []
    assert roster.members(T) == [ANN]
    assert roster.remove("g1", T, "ann") == []
    assert roster.members(T) == [later]
    assert roster.remove("g2", T, "ann") == [Event(T, later, present=False)]
    assert roster.members(T) == []
    assert roster.remove("g2", T, "ann") == []
    assert roster.count() == 0


def test_members_stand_in_the_order_in_which_they_have_come() -> None:
    roster = Roster()
    for member in (BEN, Member("aaron", 2), ANN):
        roster.add("g1", T, member)
    assert [member.id for member in roster.members(T)] == ["ann", "aaron", "ben"]
    assert roster.members("ns::acme::other") == []


def test_everybody_of_a_gateway_is_replaced() -> None:
    roster = Roster()
    roster.add("g1", T, ANN)
    roster.add("g1", "other", ANN)
    roster.add("g2", T, BEN)
    cy = Member("cy", 3)
    events = roster.replace("g1", {T: {"cy": cy, "ben": BEN}})
    assert {(event.topic, event.member.id, event.present) for event in events} == {
        (T, "ann", False),
        ("other", "ann", False),
        (T, "cy", True),
    }
    assert len(events) == 3
    assert roster.replace("g1", {T: {"cy": cy, "ben": BEN}}) == []
    assert roster.replace("g1", {}) == [Event(T, cy, present=False)]
    assert roster.members(T) == [BEN]
    assert roster.count() == 1
