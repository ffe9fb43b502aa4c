"""The forecast against real models on the embedded AWS; benchmarks/planner.py does it at length."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.planner import PERCENT, POINTS, RealFleet, compare, shapes
from inferctl.localaws.app import LocalAws
from inferctl.localaws.serving.host_runner import binary_problem

_MODELS, _CALLS, _MEMORY_MIB = 4, 18, 290


@pytest.mark.server
def test_a_replayed_log_has_the_hits_and_loads_that_were_planned(tmp_path: Path) -> None:
    problem = binary_problem()
    if problem is not None:
        pytest.skip(problem)
    measured = tmp_path / "measured.csv"
    with LocalAws(tmp_path / "aws") as aws:
        real = RealFleet(aws, [100] * _MODELS)
        real.measure(memory_mib=_MEMORY_MIB, path=measured)
        found = compare(
            real,
            "zipf",
            shapes(_MODELS, _CALLS)["zipf"],
            calls=_CALLS,
            memory_mib=_MEMORY_MIB,
            measured=measured,
            callers=1,
        )

    assert 0 < found.counts["evictions"] < found.counts["loads"]
    assert found.points <= POINTS
    assert found.percent <= PERCENT
