"""What is loaded on one instance, in the order of use; the embedded AWS's ledger, made fast.

tests/inferctl/planner/test_lru.py holds it to inferctl.localaws.serving.lru.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence


class Residents:
    """Models against several budgets at once, in whole units; a pinned model never goes."""

    def __init__(self, budgets: Sequence[int]) -> None:
        self._budgets = tuple(budgets)
        self._used = [0] * len(self._budgets)
        self._sizes: OrderedDict[int, Sequence[int]] = OrderedDict()
        self._pins: dict[int, int] = {}

    def __contains__(self, model: int) -> bool:
        return model in self._sizes

    def __len__(self) -> int:
        return len(self._sizes)

    def has_room(self, sizes: Sequence[int]) -> bool:
        """Whether a model of ``sizes`` fits without giving up another."""
        return _fits(self._used, sizes, self._budgets)

    def reserve(self, model: int, sizes: Sequence[int]) -> list[int] | None:
        """Adds ``model``, pinned once, and returns what went for it, least recently used first.

        None, and no change, while only models in use could go. A model that is larger than a
        budget is taken once nothing else is left.
        """
        victims: list[int] = []
        used = list(self._used)
        if not _fits(used, sizes, self._budgets):
            for candidate, held in self._sizes.items():
                if self._pins[candidate] == 0:
                    victims.append(candidate)
                    used = [total - part for total, part in zip(used, held, strict=True)]
                    if _fits(used, sizes, self._budgets):
                        break
            else:
                if len(victims) < len(self._sizes):
                    return None
        for victim in victims:
            del self._sizes[victim], self._pins[victim]
        self._used = [total + part for total, part in zip(used, sizes, strict=True)]
        self._sizes[model] = sizes
        self._pins[model] = 1
        return victims

    def pin(self, model: int, times: int = 1) -> None:
        """In use by ``times`` more calls, and the most recently used."""
        self._pins[model] += times
        self._sizes.move_to_end(model)

    def unpin(self, model: int) -> None:
        """One call is over."""
        self._pins[model] -= 1

    def order(self) -> list[int]:
        """Least recently used first."""
        return list(self._sizes)


def _fits(used: Sequence[int], sizes: Sequence[int], budgets: Sequence[int]) -> bool:
    return all(
        total + size <= budget for total, size, budget in zip(used, sizes, budgets, strict=True)
    )
