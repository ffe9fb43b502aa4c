"""The fault matrix of compile fleets, through the real Provider framework and state machine.

Whatever breaks: nothing runs on, the index names only what is there, what was published before
goes on answering, the failure names model, step and log, and once the cause is gone a deployment
does what is missing and no more. ``tests/lambda`` has the same matrix at the handlers themselves.
"""

from __future__ import annotations

import pytest

from . import (  # noqa: F401
    cases_conflicts,
    cases_events,
    cases_handlers,
    cases_jobs,
    cases_sources,
    cases_throttling,
)
from .case import CASES
from .conftest import Results

pytestmark = pytest.mark.server


def test_the_matrix_is_as_large_as_it_should_be() -> None:
    assert len({case.run for case in CASES.values()}) == len(CASES) >= 40


@pytest.mark.parametrize("name", CASES)
def test_fleet_survives(results: Results, name: str) -> None:
    results[name].result()
