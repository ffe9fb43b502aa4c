"""Real servers, one per session or one per test, and endpoints with a container of our own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from inferctl.localaws.serving.host_runner import binary_problem, choose_runner
from inferctl.localaws.serving.runner import ContainerRunner
from tests.inferctl.localaws.serving.fake_container import FakeRunner, Made
from tests.inferctl.localaws.serving.support import Platform, archive, python_model


@pytest.fixture(scope="session")
def runner() -> ContainerRunner:
    problem = binary_problem()
    if problem is not None:
        pytest.skip(problem)
    return choose_runner()


@pytest.fixture(scope="session")
def shared(runner: ContainerRunner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """One server for every test that neither breaks nor fills it; endpoint ``e``."""
    platform = Platform(tmp_path_factory.mktemp("shared"), runner)
    platform.directory.add("e")
    platform.store.put("minilm/0123456789abcdef.tar.gz", python_model())
    yield platform
    platform.serving.close()


@pytest.fixture
def own(runner: ContainerRunner, tmp_path: Path) -> Iterator[Platform]:
    """A server of the test's own; endpoint ``e``."""
    platform = Platform(tmp_path, runner)
    platform.directory.add("e")
    yield platform
    platform.serving.close()


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Made]:
    """Makes a platform whose endpoint ``e`` has models ``a`` to ``h`` and a fake container."""
    made: list[Platform] = []

    def platform(*, capacity: int = 100, **limits: Any) -> tuple[Platform, FakeRunner]:
        runner = FakeRunner(capacity)
        made.append(Platform(tmp_path, runner, **limits))
        made[-1].directory.add("e")
        for name in "abcdefgh":
            made[-1].store.put(name, archive({"m/config.pbtxt": "x"}))
        return made[-1], runner

    yield platform
    for one in made:
        one.store.gate.set()
        one.serving.close()
