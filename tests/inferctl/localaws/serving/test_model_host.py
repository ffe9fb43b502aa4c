"""Loading, joining and unloading, against a container in this process."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.inferctl.localaws.serving.fake_container import Made
from tests.inferctl.localaws.serving.support import archive, error_of, in_background, wait_for


def test_concurrent_first_calls_join_one_load(make: Made) -> None:
    platform, runner = make()
    platform.store.gate.clear()
    with ThreadPoolExecutor(8) as pool:
        calls = [in_background(pool, platform, "a") for _ in range(8)]
        wait_for(lambda: platform.status("e")["misses"] == 8)
        platform.store.gate.set()
        assert [call.result().status for call in calls] == [200] * 8

    assert runner.container.log.count("load a") == 1
    status = platform.status("e")
    assert (status["loads"], status["downloads"], status["hits"]) == (1, 1, 0)


def test_different_models_load_in_parallel_up_to_the_limit(make: Made) -> None:
    platform, runner = make(parallel_loads=4)
    platform.invoke("e", "a", b"{}")
    runner.container.load_gate.clear()
    with ThreadPoolExecutor(8) as pool:
        calls = [in_background(pool, platform, name) for name in "bcdefg"]
        wait_for(lambda: runner.container.loading == 4)
        runner.container.load_gate.set()
        assert [call.result().status for call in calls] == [200] * 6

    assert runner.container.most_loading == 4


def test_the_least_recently_used_model_is_unloaded_at_the_count(make: Made) -> None:
    platform, runner = make(max_models=2)

    for name in ("a", "b", "a", "c"):
        platform.invoke("e", name, b"{}")

    assert sorted(runner.container.loaded.values()) == ["a", "c"]
    status = platform.status("e")
    assert [model["target_model"] for model in status["models"]] == ["a", "c"]
    assert (status["hits"], status["misses"], status["loads"]) == (1, 3, 3)
    assert status["evictions"] == 1


def test_models_are_unloaded_at_the_memory_budget(make: Made) -> None:
    platform, runner = make(memory_bytes=2500)
    for name in "abc":
        platform.store.put(name, archive({"m/config.pbtxt": "x" * 1000}))
        platform.invoke("e", name, b"{}")

    assert sorted(runner.container.loaded.values()) == ["b", "c"]


def test_an_evicted_model_is_loaded_again_without_a_download(make: Made) -> None:
    platform, _ = make(max_models=1)

    for name in ("a", "b", "a"):
        assert platform.invoke("e", name, b"{}").status == 200

    assert platform.status("e")["downloads"] == 2
    assert platform.status("e")["loads"] == 3


def test_507_at_load_unloads_the_least_recently_used_and_retries(make: Made) -> None:
    platform, runner = make(capacity=2)

    statuses = [platform.invoke("e", name, b"{}").status for name in "abc"]

    assert statuses == [200, 200, 200]
    assert sorted(runner.container.loaded.values()) == ["b", "c"]
    assert platform.status("e")["evictions"] == 1


def test_507_at_load_with_nothing_to_unload_is_a_model_error(make: Made) -> None:
    platform, _ = make(capacity=0)

    found = error_of(platform.invoke("e", "a", b"{}"))

    assert found[:2] == (424, "ModelError")
    assert (found[2]["OriginalStatusCode"], found[2]["OriginalMessage"]) == (507, "out of memory")


def test_507_at_invoke_unloads_others_until_it_works(make: Made) -> None:
    platform, runner = make()
    for name in "abc":
        platform.invoke("e", name, b"{}")
    runner.container.fail_invocations = [(507, "OOM"), (507, "OOM")]

    response = platform.invoke("e", "c", b"{}")

    assert response.status == 200
    assert list(runner.container.loaded.values()) == ["c"]


def test_507_at_invoke_with_nothing_to_unload_is_a_model_error(make: Made) -> None:
    platform, runner = make()
    platform.invoke("e", "a", b"{}")
    runner.container.fail_invocations = [(507, "OOM")]

    found = error_of(platform.invoke("e", "a", b"{}"))

    assert found[2]["OriginalStatusCode"] == 507


def test_a_model_with_a_request_in_flight_is_never_unloaded(make: Made) -> None:
    platform, runner = make(max_models=1)
    platform.invoke("e", "a", b"{}")
    runner.container.invoke_gate.clear()
    with ThreadPoolExecutor(2) as pool:
        first = in_background(pool, platform, "a")
        wait_for(lambda: runner.container.log.count("invoke a") == 2)
        second = in_background(pool, platform, "b")
        wait_for(lambda: platform.status("e")["downloads"] == 2)
        assert "unload a" not in runner.container.log
        runner.container.invoke_gate.set()
        assert (first.result().status, second.result().status) == (200, 200)

    assert runner.container.log[-3:] == ["unload a", "load b", "invoke b"]


def test_without_model_cache_nothing_stays_after_a_call(make: Made) -> None:
    platform, runner = make()
    platform.directory.add("e", model_cache=False)

    for _ in range(2):
        assert platform.invoke("e", "a", b"{}").status == 200

    assert runner.container.loaded == {}
    assert platform.status("e")["models"] == []
    assert platform.status("e")["downloads"] == 2
