"""The planner's ledger gives up the same models as that of the embedded AWS."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from inferctl.localaws.serving.lru import LruLedger
from inferctl.planner.lru import Residents

_SIZES = st.lists(st.integers(1, 40), min_size=2, max_size=8)
_STEPS = st.lists(st.tuples(st.integers(0, 7), st.booleans()), max_size=60)


@given(sizes=_SIZES, steps=_STEPS, budget=st.integers(20, 100), most=st.integers(1, 6))
def test_any_calls_leave_the_same_models_as_in_the_embedded_aws(
    sizes: list[int], steps: list[tuple[int, bool]], budget: int, most: int
) -> None:
    theirs = LruLedger(max_entries=most, max_bytes=budget)
    ours = Residents([budget, most])
    in_use: list[int] = []
    for number, ends in steps:
        model = number % len(sizes)
        if model in ours:
            theirs.pin(str(model))
            ours.pin(model)
            in_use.append(model)
        else:
            gone = theirs.reserve(str(model), sizes[model])
            assert ours.reserve(model, (sizes[model], 1)) == (
                None if gone is None else [int(name) for name in gone]
            )
            in_use += [] if gone is None else [model]
        if ends and in_use:
            done = in_use.pop(0)
            theirs.unpin(str(done))
            ours.unpin(done)

        assert ours.order() == [int(name) for name in theirs.names()]


def test_two_budgets_both_have_to_hold() -> None:
    residents = Residents([100, 10])
    for model, sizes in enumerate([(10, 6), (60, 1), (10, 4)]):
        victims = residents.reserve(model, sizes)
        residents.unpin(model)

    assert (victims, residents.order()) == ([0], [1, 2])


def test_models_in_use_leave_no_room() -> None:
    residents = Residents([10])
    residents.reserve(0, (8,))

    assert residents.reserve(1, (8,)) is None
    assert residents.order() == [0]
