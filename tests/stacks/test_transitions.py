"""No platform is in its own way."""

from __future__ import annotations

import copy

from inferctl.transitions import two_step_plans

from .conftest import Synthesized


def test_a_platform_that_stays_as_it_is_needs_no_second_deployment(
    any_platform: Synthesized,
) -> None:
    deployed = copy.deepcopy(dict(any_platform.templates))

    assert two_step_plans(deployed, any_platform.templates) == ()


def test_a_platform_that_is_new_or_goes_as_a_whole_needs_no_second_deployment(
    any_platform: Synthesized,
) -> None:
    assert two_step_plans({}, any_platform.templates) == ()
    assert two_step_plans(any_platform.templates, {}) == ()
