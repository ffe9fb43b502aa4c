"""The fault matrix of compile fleets, through the real Provider framework and state machine.

Whatever breaks: nothing runs on, the index names only what is there, what was published before
goes on answering, the failure names model, step and log, and once the cause is gone a deployment
does what is missing and no more. ``tests/lambda`` has the same matrix at the handlers themselves.

Some cases of every family run always, all of them with ``FAULT_MATRIX=all`` in the environment.
"""

from __future__ import annotations

import os
from typing import get_args

import pytest

from . import (  # noqa: F401
    cases_conflicts,
    cases_events,
    cases_handlers,
    cases_jobs,
    cases_sources,
    cases_throttling,
)
from .case import CASES, Family
from .conftest import Results

pytestmark = pytest.mark.server
ALWAYS = [name for name, case in CASES.items() if case.always is not None]
CHOSEN = list(CASES) if os.environ.get("FAULT_MATRIX") == "all" else ALWAYS


def test_the_matrix_is_as_large_as_it_should_be() -> None:
    assert len({case.run for case in CASES.values()}) == len(CASES) == 96
    assert len(ALWAYS) == 42


def test_cases_of_every_family_run_always() -> None:
    assert {CASES[name].always for name in ALWAYS} == set(get_args(Family))


@pytest.mark.parametrize("name", CHOSEN)
def test_fleet_survives(results: Results, name: str) -> None:
    results[name].result()
