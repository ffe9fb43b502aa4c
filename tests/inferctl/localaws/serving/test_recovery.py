"""What a user sees after a crash: each test has a server of its own and breaks it for real."""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from inferctl.localaws.serving.agent import open_connection
from inferctl.localaws.serving.container_api import ContainerApi
from inferctl.localaws.serving.processes import STUB, DeathWatch, descendants
from inferctl.localaws.serving.runner import ContainerRunner
from inferctl.localaws.serving.wire import ConnectionPool
from tests.inferctl.localaws.serving.support import (
    QUICK,
    Platform,
    answer,
    ensemble,
    error_of,
    python_model,
    question,
    wait_for,
)

pytestmark = pytest.mark.server


def container(platform: Platform) -> Any:
    return platform.status("e")["container"]


def regions(platform: Platform) -> set[str]:
    """Names in the sandbox's own /dev/shm, none of which may ever be in the host's."""
    inside = Path("/proc", str(container(platform)["pid"]), "root/dev/shm")
    return {path.name for path in inside.iterdir()}


def left_on_the_host(names: set[str]) -> set[str]:
    # other programs may use shared memory meanwhile, so only ours is looked for
    assert names
    return names & {path.name for path in Path("/dev/shm").iterdir()}


def stubs(platform: Platform) -> list[int]:
    return [found.pid for found in descendants(container(platform)["pid"]) if found.program == STUB]


def kill(pid: int) -> None:
    """Kills and waits for the death; a process that is not our child cannot be waited for."""
    watch = DeathWatch([pid])
    os.kill(pid, signal.SIGKILL)
    for _ in range(1000):
        if watch.any_dead():
            watch.close()
            return
        threading.Event().wait(0.005)
    raise AssertionError(f"{pid} is alive 5 s after SIGKILL")


def test_a_killed_server_is_replaced_and_the_next_call_works(own: Platform) -> None:
    own.store.put("a", python_model())
    assert answer(own.invoke("e", "a", question(1))) == [2]
    first = container(own)["pid"]
    seen = regions(own)

    kill(first)

    assert answer(own.invoke("e", "a", question(3))) == [6]
    status = own.status("e")
    assert status["container"]["pid"] != first
    assert (status["restarts"], status["loads"], status["downloads"]) == (1, 2, 1)
    seen |= regions(own)
    own.serving.close()
    assert left_on_the_host(seen) == set()


def test_a_server_killed_during_a_call_does_not_cost_the_call(own: Platform) -> None:
    own.store.put("a", python_model(execute="time.sleep(1)"))
    own.invoke("e", "a", question(1))
    pid = container(own)["pid"]
    killer = threading.Timer(0.4, kill, [pid])
    killer.start()

    assert answer(own.invoke("e", "a", question(3))) == [6]

    killer.join()
    assert own.status("e")["restarts"] == 1


def test_a_killed_stub_is_replaced_without_a_restart(own: Platform) -> None:
    # with the image's defaults; without completed configurations Triton itself keeps the regions of
    # the dead stub's ensemble until its process ends
    own.directory.add("e", environment={})
    own.store.put("a", ensemble(1, 2))
    own.store.put("b", python_model(factor=5))
    own.invoke("e", "b", question(1))
    own.invoke("e", "a", question(1))
    server = container(own)["pid"]
    seen = regions(own)
    stub = max(stubs(own))  # the newest process belongs to "a"

    kill(stub)

    assert answer(own.invoke("e", "a", question(3))) == [6]
    assert answer(own.invoke("e", "b", question(3))) == [15]
    assert container(own)["pid"] == server
    assert len(regions(own)) == 3, "one region for each live stub, none of the dead one"
    assert left_on_the_host(seen | regions(own)) == set()


def test_a_stub_killed_during_a_call_does_not_cost_the_call(own: Platform) -> None:
    own.store.put("a", python_model(execute="time.sleep(1)"))
    own.invoke("e", "a", question(1))
    seen = regions(own)
    killer = threading.Timer(0.4, kill, stubs(own))
    killer.start()

    assert answer(own.invoke("e", "a", question(3))) == [6]

    killer.join()
    assert answer(own.invoke("e", "a", question(4))) == [8]
    assert len(regions(own)) == 1
    assert left_on_the_host(seen | regions(own)) == set()


@pytest.mark.parametrize(
    ("environment", "restarts"),
    [
        # Triton says that the stub died
        pytest.param(QUICK, 0, id="serving stub"),
        # Triton waits without end for the stub that completes the configuration
        pytest.param({}, 1, id="completing stub"),
    ],
)
def test_a_stub_killed_while_its_model_loads_does_not_cost_the_call(
    own: Platform, environment: dict[str, str], restarts: int
) -> None:
    # killed while loading is what happens on a machine that runs out of memory
    own.directory.add("e", environment=environment)
    own.store.put("a", python_model())
    own.store.put("b", python_model(factor=3, top="time.sleep(0.7)"))
    own.invoke("e", "a", question(1))
    (other,) = stubs(own)

    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(own.invoke, "e", "b", question(1))
        wait_for(lambda: len(stubs(own)) == 2)
        threading.Event().wait(0.2)
        kill(max(pid for pid in stubs(own) if pid != other))

        assert answer(call.result()) == [3]
    assert answer(own.invoke("e", "a", question(1))) == [2]
    assert own.status("e")["restarts"] == restarts


def test_an_endpoint_updated_under_way_answers_from_its_new_models(own: Platform) -> None:
    own.store.put("a", python_model(execute="time.sleep(0.2)"))
    own.invoke("e", "a", question(1))
    with ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(own.invoke, "e", "a", question(1)) for _ in range(4)]
        own.store.put("a", python_model(factor=5))
        own.serving.forget("e")

        assert {answer(call.result())[0] for call in calls} <= {2, 5}
    assert answer(own.invoke("e", "a", question(1))) == [5]


def test_a_failed_load_leaves_other_models_serving_and_can_be_repeated(own: Platform) -> None:
    # the mode in which a failed load leaves /ping at 400 for good
    own.directory.add("e", environment={"SAGEMAKER_TRITON_PING_MODE": "ready", **QUICK})
    own.store.put("good", python_model())
    own.store.put("bad", python_model(top="import not_there"))
    own.store.put("other", python_model(factor=7))
    own.invoke("e", "good", question(1))
    pid = container(own)["pid"]

    status, code, found = error_of(own.invoke("e", "bad", question(1)))
    assert (status, code, found["OriginalStatusCode"]) == (424, "ModelError", 400)
    assert "not_there" in found["OriginalMessage"]
    agent = Path(container(own)["agent_socket"])
    api = ContainerApi(ConnectionPool(lambda seconds: open_connection(agent, seconds=seconds)))
    assert not api.ping(seconds=5)

    assert answer(own.invoke("e", "good", question(2))) == [4]
    assert answer(own.invoke("e", "other", question(2))) == [14]
    assert error_of(own.invoke("e", "bad", question(1)))[0] == 424
    assert container(own)["pid"] == pid
    assert own.status("e")["restarts"] == 0


def test_eviction_from_the_real_server_and_loading_again(
    runner: ContainerRunner, tmp_path: Path
) -> None:
    platform = Platform(tmp_path, runner, max_models=1)
    platform.directory.add("e")
    try:
        for factor in (2, 3):
            platform.store.put(f"m{factor}", python_model(factor=factor))
        for factor in (2, 3):
            assert answer(platform.invoke("e", f"m{factor}", question(1))) == [factor]
        assert len(stubs(platform)) == 1
        assert len(regions(platform)) == 1
        assert platform.status("e")["evictions"] == 1

        platform.store.put("huge", python_model(initialize='raise MemoryError("out of memory")'))
        found = error_of(platform.invoke("e", "huge", question(1)))
        assert found[2]["OriginalStatusCode"] == 507
    finally:
        platform.serving.close()


def test_close_ends_every_process(runner: ContainerRunner, tmp_path: Path) -> None:
    platform = Platform(tmp_path, runner)
    platform.directory.add("e")
    platform.store.put("a", python_model())
    platform.invoke("e", "a", question(1))
    watches = [DeathWatch([pid]) for pid in (container(platform)["pid"], *stubs(platform))]

    platform.serving.close()

    assert all(watch.any_dead() for watch in watches)


def test_a_server_that_cannot_start_is_503_with_its_last_words(own: Platform) -> None:
    own.directory.add("e", environment={"SAGEMAKER_TRITON_ADDITIONAL_ARGS": "--no-such-flag"})
    own.store.put("a", python_model())

    status, code, found = error_of(own.invoke("e", "a", question(1)))

    assert (status, code) == (503, "ServiceUnavailable")
    assert "the model container is not running: it ended while starting" in found["Message"]
