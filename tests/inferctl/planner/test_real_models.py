"""The forecast against real models on the embedded AWS; benchmarks/planner.py does it at length."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.planner import compare
from benchmarks.planner_cases import Case, spread
from benchmarks.real_fleet import RealFleet
from inferctl.localaws.app import LocalAws
from inferctl.localaws.serving.host_runner import binary_problem
from inferctl.planner.traffic import rates_of

_THREE_OF_WHICH_TWO_FIT = 240


@pytest.mark.server
def test_a_replayed_log_has_exactly_the_hits_and_loads_that_were_planned(tmp_path: Path) -> None:
    problem = binary_problem()
    if problem is not None:
        pytest.skip(problem)
    measured = tmp_path / "measured.csv"
    measured.write_text("model,host_mib,load_seconds,service_ms\n*,100,1,5\n")
    calls = spread([0, 1, 0, 1, 1, 2, 1, 0, 0, 1])
    with LocalAws(tmp_path / "aws") as aws:
        found = compare(
            RealFleet(aws, [72] * 3),
            Case(shape="few", rates=rates_of(calls, 3), calls=calls, one_at_a_time=True),
            measured=measured,
            memory_mib=_THREE_OF_WHICH_TWO_FIT,
        )

    assert found.counts == {"hits": 6, "misses": 4, "loads": 4, "evictions": 2, "restarts": 0}
    assert (found.simulated.hits, found.simulated.loads) == (6, 4)
    assert np.isclose(found.points + found.percent, 0)
