"""Which instance gets a call.

AWS documents that an instance which holds the model is preferred and that a hot model gets copies
on more instances (https://docs.aws.amazon.com/sagemaker/latest/dg/multi-model-endpoints.html). It
does not say when; `Routing.spill_at` stands for that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np


class Policy(StrEnum):
    """``sticky`` is what AWS describes; ``random`` the worst that it could be."""

    STICKY = "sticky"
    RANDOM = "random"


@dataclass(frozen=True, kw_only=True)
class Routing:
    """With ``spill_at`` calls under way an instance gets no more, as long as another has fewer."""

    policy: Policy = Policy.STICKY
    spill_at: int = 4


class Instance(Protocol):
    """What routing sees of an instance."""

    under_way: int

    def has_room(self, model: int) -> bool:
        """Whether the model fits without giving up another."""
        ...


Chooser = Callable[[int, Sequence[int]], int]
"""The instance for a call of a model, given those that hold it in the order of their loads."""


def chooser(routing: Routing, instances: Sequence[Instance], *, seed: int) -> Chooser:
    """The choice that ``routing`` makes among ``instances``."""
    if routing.policy is Policy.RANDOM:
        random = np.random.default_rng(seed)
        return lambda *_: int(random.integers(len(instances)))

    def sticky(model: int, holders: Sequence[int]) -> int:
        for holder in holders:
            if instances[holder].under_way < routing.spill_at:
                return holder
        held = set(holders)
        others = [each for each in range(len(instances)) if each not in held]
        free = [each for each in others if instances[each].under_way < routing.spill_at]
        if free:
            return min(free, key=lambda each: _preference(model, each))
        return min(
            holders or others, key=lambda each: (instances[each].under_way, _rank(model, each))
        )

    def _preference(model: int, each: int) -> tuple[bool, int]:
        return not instances[each].has_room(model), _rank(model, each)

    return sticky


def _rank(model: int, instance: int) -> int:
    """A fixed order of the instances for each model, so that what went comes back to its place."""
    value = (model * 0x9E3779B97F4A7C15 + instance * 0xC2B2AE3D27D4EB4F) & 0xFFFFFFFFFFFFFFFF
    value ^= value >> 29
    value = value * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
    return value ^ value >> 32
