"""The matrix: every case that pytest chose is played at once, in fleets of one embedded AWS."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from .case import CASES
from .world import started

# more of them wait than compute
_AT_ONCE = 6
Results = dict[str, Future[None]]


@pytest.fixture(scope="module")
def results(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Results]:
    """What becomes of each chosen case, by name."""
    chosen = [
        str(item.callspec.params["name"])
        for item in request.session.items
        if isinstance(item, pytest.Function) and "results" in item.fixturenames
    ]
    with started(tmp_path_factory.mktemp("matrix")) as world, ThreadPoolExecutor(_AT_ONCE) as pool:
        yield {name: pool.submit(CASES[name].play, world) for name in chosen}
