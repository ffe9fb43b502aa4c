"""The service's rules and its recovery, against a container in this process."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from inferctl.localaws.serving import MAX_BODY_BYTES
from tests.inferctl.localaws.serving.fake_container import Made
from tests.inferctl.localaws.serving.support import error_of, in_background, wait_for


@pytest.mark.parametrize(
    ("endpoint", "target", "body", "status", "code", "message"),
    [
        (
            "gone",
            "a",
            b"",
            400,
            "ValidationError",
            "Endpoint gone of account 123456789012 not found.",
        ),
        ("../x", "a", b"", 400, "ValidationError", "Endpoint ../x of account"),
        ("e", None, b"", 400, "ValidationError", "is missing a target model header."),
        ("e", "../a", b"", 400, "ValidationError", "TargetModel '../a' must not contain"),
        ("e", "a" * 1025, b"", 400, "ValidationError", "has 1025 characters"),
        ("e", "gone", b"", 400, "ValidationError", "Failed to download model data from URL"),
        (
            "e",
            "a",
            b"x" * (MAX_BODY_BYTES + 1),
            413,
            "RequestEntityTooLargeException",
            "Request body of 6291457 bytes exceeds the limit of 6291456 bytes",
        ),
        ("single", "a", b"", 400, "ValidationError", "does not support target model header."),
        ("single", None, b"", 503, "ServiceUnavailable", "serves multi-model endpoints only"),
        ("odd", "a", b"", 503, "ServiceUnavailable", "LOCALAWS_MAX_MODELS must be a whole number"),
    ],
)
def test_a_call_outside_the_rules_is_refused(
    make: Made,
    endpoint: str,
    target: str | None,
    body: bytes,
    status: int,
    code: str,
    message: str,
) -> None:
    platform, _ = make()
    platform.directory.add("single", multi_model=False)
    platform.directory.add("odd", environment={"LOCALAWS_MAX_MODELS": "x"})

    found = error_of(platform.invoke(endpoint, target, body))

    assert found[:2] == (status, code)
    assert message in found[2]["Message"]


def test_a_body_of_the_limit_is_served(make: Made) -> None:
    platform, _ = make()

    assert platform.invoke("e", "a", b"x" * MAX_BODY_BYTES).status == 200


def test_an_answer_names_the_variant_and_keeps_the_content_type(make: Made) -> None:
    platform, _ = make()

    response = platform.invoke("e", "a", b"{}")

    assert response.body == b'{"echo": "a"}'
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["x-Amzn-Invoked-Production-Variant"] == "AllTraffic"


def test_a_header_that_cannot_be_sent_is_a_validation_error(make: Made) -> None:
    platform, _ = make()

    found = error_of(platform.invoke("e", "a", b"{}", custom_attributes="a\r\nb: c"))

    assert found[:2] == (400, "ValidationError")


def test_a_load_over_the_response_time_is_429_and_goes_on(make: Made) -> None:
    platform, runner = make(response_seconds=0.3)
    platform.invoke("e", "a", b"{}")
    runner.container.load_gate.clear()

    found = error_of(platform.invoke("e", "b", b"{}"))
    assert found[:2] == (429, "ModelNotReadyException")

    runner.container.load_gate.set()
    wait_for(lambda: platform.status("e")["loads"] == 2)
    assert platform.invoke("e", "b", b"{}").status == 200
    assert runner.container.log.count("load b") == 1


def test_an_answer_over_the_response_time_is_a_model_error(make: Made) -> None:
    platform, runner = make(response_seconds=0.3)
    platform.invoke("e", "a", b"{}")
    runner.container.invoke_gate.clear()

    found = error_of(platform.invoke("e", "a", b"{}"))

    assert found[:2] == (424, "ModelError")
    assert found[2]["OriginalStatusCode"] == 0
    assert "Your invocation timed out" in found[2]["OriginalMessage"]


def test_a_refused_load_is_a_model_error_and_is_tried_again_next_time(make: Made) -> None:
    platform, runner = make()
    platform.invoke("e", "a", b"{}")
    runner.container.fail_loads = [(400, '{"error":"no module"}')]

    found = error_of(platform.invoke("e", "b", b"{}"))
    assert found[:2] == (424, "ModelError")
    assert found[2]["OriginalStatusCode"] == 400

    assert platform.invoke("e", "b", b"{}").status == 200


def test_a_name_that_the_container_still_has_is_unloaded_first(make: Made) -> None:
    platform, runner = make()
    platform.invoke("e", "a", b"{}")
    runner.container.fail_loads = [(409, "already registered")]

    assert platform.invoke("e", "b", b"{}").status == 200
    assert runner.container.log[-4:] == ["load b", "unload b", "load b", "invoke b"]


def test_a_model_that_the_container_lost_is_loaded_again(make: Made) -> None:
    platform, runner = make()
    platform.invoke("e", "a", b"{}")
    runner.container.loaded.clear()

    assert platform.invoke("e", "a", b"{}").status == 200
    assert platform.status("e")["loads"] == 2


def test_a_container_that_ended_is_started_again(make: Made) -> None:
    platform, runner = make()
    platform.invoke("e", "a", b"{}")
    runner.container.stop()

    assert platform.invoke("e", "a", b"{}").status == 200
    assert len(runner.started) == 2
    assert platform.status("e")["restarts"] == 1


def test_an_error_of_the_model_is_passed_on_and_not_repeated(make: Made) -> None:
    platform, runner = make()
    platform.invoke("e", "a", b"{}")
    runner.container.fail_invocations = [(400, '{"error":"bad shape"}')]

    found = error_of(platform.invoke("e", "a", b"{}"))

    assert found[2]["OriginalMessage"] == '{"error":"bad shape"}'
    assert runner.container.log.count("invoke a") == 2


def test_forget_ends_the_container_and_deletes_the_models(make: Made, tmp_path: Path) -> None:
    platform, runner = make()
    platform.invoke("e", "a", b"{}")

    platform.serving.forget("e")

    assert runner.container.wait(0)
    assert list((tmp_path / "endpoints").iterdir()) == []
    assert platform.serving.status() == {}
    platform.directory.specs.clear()
    assert error_of(platform.invoke("e", "a", b"{}"))[1] == "ValidationError"


def test_a_call_that_is_under_way_when_its_endpoint_is_deleted_gets_an_answer(make: Made) -> None:
    platform, runner = make()
    platform.invoke("e", "a", b"{}")
    runner.container.invoke_gate.clear()
    with ThreadPoolExecutor(1) as pool:
        call = in_background(pool, platform, "a")
        wait_for(lambda: runner.container.log.count("invoke a") == 2)
        platform.directory.specs.clear()
        platform.serving.forget("e")

    # the stopping container may still have answered
    assert call.result().status in (200, 400)


def test_a_call_that_is_under_way_when_its_endpoint_is_updated_is_answered(make: Made) -> None:
    platform, runner = make()
    platform.invoke("e", "a", b"{}")
    runner.container.load_gate.clear()
    runner.container.fail_loads = [(400, "stopping")]
    with ThreadPoolExecutor(1) as pool:
        call = in_background(pool, platform, "b")
        wait_for(lambda: "load b" in runner.container.log)
        platform.directory.add("e", variant_name="Second")
        platform.serving.forget("e")

    assert call.result().headers["x-Amzn-Invoked-Production-Variant"] == "Second"
    assert len(runner.started) == 2


def test_after_close_nothing_is_started(make: Made) -> None:
    platform, runner = make()
    platform.serving.close()

    assert error_of(platform.invoke("e", "a", b"{}"))[:2] == (503, "ServiceUnavailable")
    assert runner.started == []


def test_what_a_killed_process_has_left_is_deleted(make: Made, tmp_path: Path) -> None:
    stale = tmp_path / "endpoints/e.7/models/x"
    stale.mkdir(parents=True)

    make()

    assert not stale.exists()
