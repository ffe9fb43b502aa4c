"""In which order models are asked."""

from __future__ import annotations

from endpoint_verification.examine import Case
from endpoint_verification.waiting import Waiting, WaitingRoom


def waiting(name: str, *, late: bool = False) -> Waiting:
    golden = {"name": name}
    return Waiting(Case(golden=golden, target="", artifact=""), late=late)  # type: ignore[arg-type]


def asked(room: WaitingRoom, now: float) -> str | None:
    """Who is asked next, and answers at once."""
    found = room.next(now)
    if found is None:
        return None
    room.answered(found)
    return found.case.name


def test_a_model_whose_pause_is_over_goes_before_all_that_were_not_asked_yet() -> None:
    room = WaitingRoom()
    for name in ("a", "b", "c"):
        room.enter(waiting(name))
    room.enter(waiting("cold"), at=5)

    assert [asked(room, now) for now in (4, 5, 5, 5)] == ["a", "cold", "b", "c"]


def test_pauses_end_in_their_order() -> None:
    room = WaitingRoom()
    for name, at in (("x", 9), ("y", 3), ("z", 3)):
        room.enter(waiting(name), at=at)

    assert [asked(room, now) for now in (2, 9, 9, 9)] == [None, "y", "z", "x"]


def test_late_ones_are_asked_when_nobody_else_waits_pauses_or_is_asked() -> None:
    room = WaitingRoom()
    room.enter(waiting("late", late=True))
    room.enter(waiting("a"))
    room.enter(waiting("cold"), at=5)

    first = room.next(0)
    assert first is not None and asked(room, 0) is None
    room.answered(first)
    assert asked(room, 0) is None

    assert [asked(room, 5), asked(room, 5)] == ["cold", "late"]
    assert room.is_empty


def test_a_room_is_not_empty_while_someone_may_come_back() -> None:
    room = WaitingRoom()
    room.enter(waiting("a"))
    found = room.next(0)

    assert found is not None and not room.is_empty
    room.enter(found, at=1)
    room.answered(found)

    assert not room.is_empty and asked(room, 1) == "a" and room.is_empty
