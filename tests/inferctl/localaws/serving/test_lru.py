"""The ledger against a simple model: a list of names, least recently used first."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from inferctl.localaws.serving.lru import LruLedger

NAMES = st.sampled_from("abcdefgh")
MAX_ENTRIES, MAX_BYTES = 4, 100


class LedgerMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.ledger = LruLedger(max_entries=MAX_ENTRIES, max_bytes=MAX_BYTES)
        self.order: list[str] = []
        self.sizes: dict[str, int] = {}
        self.pins: dict[str, int] = {}

    def _forget(self, name: str) -> None:
        self.order.remove(name)
        del self.sizes[name], self.pins[name]

    @rule(name=NAMES, size=st.integers(0, 120))
    def reserve(self, name: str, size: int) -> None:
        if name in self.order:
            with pytest.raises(ValueError, match="already in the ledger"):
                self.ledger.reserve(name, size)
            return
        idle = [other for other in self.order if self.pins[other] == 0]
        expected: list[str] = []
        rest = list(self.order)

        def fits() -> bool:
            total = sum(self.sizes[other] for other in rest)
            return len(rest) < MAX_ENTRIES and total + size <= MAX_BYTES

        while not fits() and idle:
            expected.append(idle.pop(0))
            rest.remove(expected[-1])
        victims = self.ledger.reserve(name, size)
        if not fits() and rest:
            assert victims is None
            return
        assert victims == expected
        for victim in expected:
            self._forget(victim)
        self.order.append(name)
        self.sizes[name], self.pins[name] = size, 1

    @precondition(lambda self: self.order)
    @rule(data=st.data(), times=st.integers(1, 3))
    def pin(self, data: st.DataObject, times: int) -> None:
        name = data.draw(st.sampled_from(self.order))
        self.ledger.pin(name, times)
        self.pins[name] += times
        self.order.remove(name)
        self.order.append(name)

    @precondition(lambda self: self.order)
    @rule(data=st.data())
    def unpin(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(self.order))
        if self.pins[name] == 0:
            with pytest.raises(ValueError, match="not pinned"):
                self.ledger.unpin(name)
            return
        self.ledger.unpin(name)
        self.pins[name] -= 1

    @precondition(lambda self: self.order)
    @rule(data=st.data(), size=st.integers(0, 120))
    def resize(self, data: st.DataObject, size: int) -> None:
        name = data.draw(st.sampled_from(self.order))
        self.ledger.resize(name, size)
        self.sizes[name] = size

    @rule(besides=NAMES)
    def give_up_one(self, besides: str) -> None:
        idle = [name for name in self.order if self.pins[name] == 0 and name != besides]
        victim = self.ledger.give_up_one(besides=besides)
        assert victim == (idle[0] if idle else None)
        if victim is not None:
            self._forget(victim)

    @rule()
    def over_budget(self) -> None:
        victims = self.ledger.over_budget()
        idle = [name for name in self.order if self.pins[name] == 0]
        assert victims == idle[: len(victims)]
        for victim in victims:
            self._forget(victim)
        fits = len(self.order) <= MAX_ENTRIES and sum(self.sizes.values()) <= MAX_BYTES
        assert fits or all(self.pins[name] for name in self.order)

    @rule(name=NAMES)
    def remove(self, name: str) -> None:
        self.ledger.remove(name)
        if name in self.order:
            self._forget(name)

    @invariant()
    def counts_are_right(self) -> None:
        assert self.ledger.names() == self.order
        assert self.ledger.total_bytes == sum(self.sizes.values())
        assert [self.ledger.pins(name) for name in self.order] == [
            self.pins[name] for name in self.order
        ]


TestLedger = LedgerMachine.TestCase


def test_an_entry_larger_than_the_budget_is_admitted_alone() -> None:
    ledger = LruLedger(max_entries=4, max_bytes=100)
    ledger.reserve("small", 10)
    assert ledger.reserve("huge", 500) is None

    ledger.unpin("small")

    assert ledger.reserve("huge", 500) == ["small"]
