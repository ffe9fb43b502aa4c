"""The contract, with the real server; none of these tests breaks it for the next."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import tritonclient.http as triton

from inferctl.localaws.serving.agent import open_connection
from inferctl.localaws.serving.container_api import ContainerApi, model_hash
from inferctl.localaws.serving.wire import ConnectionPool
from tests.inferctl.localaws.serving.support import (
    PREFIX,
    Platform,
    answer,
    archive,
    error_of,
    listeners,
    python_model,
    question,
)

pytestmark = pytest.mark.server

MINI = "minilm/0123456789abcdef.tar.gz"
BINARY = "application/vnd.sagemaker-triton.binary+json;json-header-size="


@pytest.fixture
def api(shared: Platform) -> ContainerApi:
    """The container itself, by the agent's socket that the status names, with MINI loaded."""
    assert shared.invoke("e", MINI, question(1)).status == 200
    agent = Path(shared.status("e")["container"]["agent_socket"])
    return ContainerApi(ConnectionPool(lambda seconds: open_connection(agent, seconds=seconds)))


def test_json_is_answered_with_the_model_s_numbers(shared: Platform) -> None:
    response = shared.invoke("e", MINI, question(1, 2, 3))

    assert answer(response) == [2, 4, 6]
    assert json.loads(response.body)["model_name"] == MINI


def test_binary_requests_get_binary_answers(shared: Platform) -> None:
    values = np.arange(5, dtype=np.float32)
    tensor = triton.InferInput("X", [5], "FP32")
    tensor.set_data_from_numpy(values, binary_data=True)
    wanted = [triton.InferRequestedOutput("Y", binary_data=True)]
    body, size = triton.InferenceServerClient.generate_request_body([tensor], outputs=wanted)

    response = shared.invoke("e", MINI, body, content_type=f"{BINARY}{size}")

    assert response.status == 200
    header = response.headers["Content-Type"]
    assert header.startswith(BINARY)
    parsed = triton.InferenceServerClient.parse_response_body(
        response.body, header_length=int(header.removeprefix(BINARY))
    )
    np.testing.assert_array_equal(parsed.as_numpy("Y"), values * 2)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"{x", "application/json"),
        (b"[]", "application/json"),
        (b'{"inputs": 1}', "application/json"),
        (b'{"inputs": []}', "application/json"),
        (question(1).replace(b"FP32", b"INT64"), "application/json"),
        (question(1).replace(b"[1.0]", b'["a"]').replace(b"[1]", b"[7]", 1), "application/json"),
        (b"abc", f"{BINARY}999"),
        (b"abc", f"{BINARY}x"),
        (b"\x00" * 1000, "application/octet-stream"),
    ],
)
def test_a_malformed_request_is_a_model_error_and_the_server_lives(
    shared: Platform, body: bytes, content_type: str
) -> None:
    assert answer(shared.invoke("e", MINI, question(1))) == [2]
    pid = shared.status("e")["container"]["pid"]

    status, code, found = error_of(shared.invoke("e", MINI, body, content_type=content_type))

    assert (status, code, found["OriginalStatusCode"]) == (424, "ModelError", 400)
    assert answer(shared.invoke("e", MINI, question(1))) == [2]
    assert shared.status("e")["container"]["pid"] == pid


def test_container_answers_409_for_a_name_that_is_loaded(
    api: ContainerApi, shared: Platform
) -> None:
    name = model_hash(PREFIX + MINI)
    directory = next(shared.serving._work_dir.glob(f"e.*/models/{name}/model"))

    assert api.load(name=name, path=str(directory), target=MINI).status == 409


def test_container_answers_400_for_a_directory_that_is_missing(api: ContainerApi) -> None:
    assert api.load(name="missing", path="/nowhere/at/all", target="missing").status == 400


def test_container_answers_404_for_a_model_it_does_not_have(api: ContainerApi) -> None:
    assert not api.is_loaded(name="unknown")
    assert api.unload(name="unknown", target="unknown", seconds=10).status == 404


def test_container_knows_the_loaded_model_by_its_hash(api: ContainerApi) -> None:
    assert api.is_loaded(name=model_hash(PREFIX + MINI))


def test_first_calls_of_different_models_load_in_parallel(shared: Platform) -> None:
    for index in range(4):
        shared.store.put(f"parallel/{index}", python_model(factor=index))
    started = time.monotonic()

    with ThreadPoolExecutor(4) as pool:
        calls = [
            pool.submit(shared.invoke, "e", f"parallel/{index}", question(1)) for index in range(4)
        ]
        assert [answer(call.result()) for call in calls] == [[0], [1], [2], [3]]

    together = time.monotonic() - started
    alone = sum(
        model["load_seconds"]
        for model in shared.status("e")["models"]
        if model["target_model"].startswith("parallel/")
    )
    # compares times of the same run only: the loads overlapped
    assert together < alone


def test_an_archive_that_is_no_repository_is_a_model_error(shared: Platform) -> None:
    shared.store.put("empty", archive({"readme.txt": "nothing"}))

    status, code, found = error_of(shared.invoke("e", "empty", question(1)))

    assert (status, code, found["OriginalStatusCode"]) == (424, "ModelError", 400)
    assert answer(shared.invoke("e", MINI, question(1))) == [2]


def test_status_tells_memory_times_and_the_agent(shared: Platform) -> None:
    shared.invoke("e", MINI, question(1))

    status = shared.status("e")

    found = {model["target_model"]: model for model in status["models"]}[MINI]
    assert found["bytes"] > 10 << 20
    assert 0 < found["load_seconds"] < 60
    assert found["seconds_since_use"] < 60
    assert status["container"]["memory_bytes"] > found["bytes"]
    assert Path("/proc", str(status["container"]["pid"]), "comm").read_text() == "tritonserver\n"


def test_nothing_of_it_listens_on_the_host(shared: Platform) -> None:
    shared.invoke("e", MINI, question(1))
    pid = shared.status("e")["container"]["pid"]

    inside, outside = listeners(pid), listeners("self")

    assert "00000000:1F90" in inside.values(), "the binary binds every address: hence the sandbox"
    assert not inside.keys() & outside.keys()
    links = {who: Path("/proc", str(who), "ns/net").readlink() for who in (pid, "self")}
    assert links[pid] != links["self"]
