"""One module for each reason for which AWS does not take a change in one deployment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from inferctl.transitions.plan import TwoStepPlan
from inferctl.transitions.rules.changed_type import changed_types
from inferctl.transitions.rules.chips_handed_over import chips_handed_over
from inferctl.transitions.rules.exported_value import exported_values
from inferctl.transitions.rules.pool_instance_type import pool_instance_types
from inferctl.transitions.rules.retired_pool import retired_pools
from inferctl.transitions.rules.scaled_variant import scaled_variants
from inferctl.transitions.rules.subnet_range import subnet_ranges
from inferctl.transitions.rules.taken_name import taken_names
from inferctl.transitions.templates import Change

Rule = Callable[[Change], Iterator[TwoStepPlan]]

RULES: Final[tuple[Rule, ...]] = (
    changed_types,
    chips_handed_over,
    exported_values,
    pool_instance_types,
    retired_pools,
    scaled_variants,
    subnet_ranges,
    taken_names,
)
