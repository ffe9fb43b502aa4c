"""Cold loads, busy instances, refusals, lost connections, and handlers that end too soon."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ReadTimeoutError

from model_warm_up.handler import Clients, is_complete, on_change

from .conftest import PROPERTIES, FakeContext, FakeEndpoint, Fault, event, refused

TARGET = "minilm/v1.tar.gz"


def _timed_out() -> None:
    raise ReadTimeoutError(endpoint_url="https://runtime")


@pytest.mark.parametrize(
    "fault",
    [
        refused("ModelNotReadyException", 429),
        refused("ThrottlingException", 400),
        refused("ServiceUnavailable", 503),
        refused("InternalFailure", 500),
        refused("ModelError", 424, OriginalStatusCode=507),
        refused("ModelError", 424, OriginalStatusCode=0),
        _timed_out,
    ],
)
def test_what_passes_is_asked_again_in_the_next_round(
    clients: Clients, endpoint: FakeEndpoint, publish: Callable[..., None], fault: Fault
) -> None:
    publish("minilm", hot=["minilm"])
    endpoint.faults[TARGET] = [fault, fault]

    assert is_complete(event(), FakeContext(), clients=clients) == {"IsComplete": False}
    assert is_complete(event(), FakeContext(), clients=clients)["IsComplete"]
    assert endpoint.counts() == {TARGET: 16}


@pytest.mark.parametrize(
    ("fault", "failure"),
    [
        (refused("ModelError", 424, OriginalStatusCode=400), "ModelError: said so"),
        (refused("ValidationError", 400), "ValidationError: said so"),
        (refused("AccessDeniedException", 403), "AccessDeniedException: said so"),
    ],
)
def test_a_refusal_is_told_and_fails_nothing(
    clients: Clients,
    endpoint: FakeEndpoint,
    publish: Callable[..., None],
    caplog: pytest.LogCaptureFixture,
    fault: Fault,
    failure: str,
) -> None:
    publish("minilm", "resnet50", hot=["minilm", "resnet50"])
    endpoint.always[TARGET] = fault

    done = is_complete(event(), FakeContext(), clients=clients)

    assert done == {"IsComplete": True, "Data": {"Warm": "1", "Cold": f"minilm: {failure}"}}
    assert f"minilm may be cold: {failure}" in caplog.text


def test_a_model_that_the_index_does_not_name_is_told(
    clients: Clients, publish: Callable[..., None]
) -> None:
    publish("resnet50", hot=["minilm", "resnet50"])

    done = is_complete(event(), FakeContext(), clients=clients)

    assert done.get("Data") == {"Warm": "1", "Cold": "minilm: the index does not name it"}


def test_a_model_that_stays_cold_holds_the_deployment_up_for_its_time_and_no_longer(
    clients: Clients, endpoint: FakeEndpoint, publish: Callable[..., None]
) -> None:
    publish("minilm", hot=["minilm"])
    endpoint.always[TARGET] = refused("ModelNotReadyException", 429)
    until = datetime(2026, 11, 1, 12, tzinfo=UTC)

    def asked(at: datetime) -> object:
        return is_complete(
            event(WarmUntil=until.isoformat()), FakeContext(), clients=clients, now=lambda: at
        )

    assert asked(until - timedelta(seconds=1)) == {"IsComplete": False}
    assert asked(until) == {
        "IsComplete": True,
        "Data": {"Warm": "0", "Cold": "minilm: ModelNotReadyException: said so"},
    }


def test_a_handler_without_time_begins_no_call_and_the_next_one_goes_on(
    clients: Clients, endpoint: FakeEndpoint, publish: Callable[..., None]
) -> None:
    publish("minilm", hot=["minilm"])

    assert is_complete(event(), FakeContext(millis=80_000), clients=clients) == {
        "IsComplete": False
    }
    assert endpoint.calls == []
    assert is_complete(event(), FakeContext(), clients=clients)["IsComplete"]


def test_an_endpoint_that_cannot_be_described_is_asked_for_again(
    clients: Clients, endpoint: FakeEndpoint, publish: Callable[..., None]
) -> None:
    publish("minilm", hot=["minilm"])
    endpoint.describe_fault = refused("ThrottlingException", 400)

    assert is_complete(event(), FakeContext(), clients=clients) == {"IsComplete": False}

    endpoint.describe_fault = None
    assert is_complete(event(), FakeContext(), clients=clients)["IsComplete"]


def test_requests_that_cannot_be_read_fail_no_deployment(clients: Clients) -> None:
    over = event(WarmUntil="2026-11-01T12:00:00+00:00")
    late = datetime(2026, 11, 1, 13, tzinfo=UTC)

    done = is_complete(over, FakeContext(), clients=clients, now=lambda: late)

    data = done.get("Data")
    assert data is not None
    assert data["Cold"].startswith("all models: the hot models of fleet are not known: reading s3:")


def test_a_changed_endpoint_is_called_in_rounds_with_pauses_until_it_is_warm(
    clients: Clients, endpoint: FakeEndpoint, publish: Callable[..., None]
) -> None:
    publish("minilm", hot=["minilm"])
    endpoint.faults[TARGET] = [refused("ModelNotReadyException", 429)] * 9
    pauses: list[float] = []

    warmed = on_change(PROPERTIES, FakeContext(), clients=clients, pause=pauses.append)

    assert warmed == {"Warm": "1", "Cold": ""}
    assert endpoint.counts() == {TARGET: 24}
    assert len(pauses) == 2


def test_models_that_are_warm_are_not_called_again_for_the_cold_one(
    clients: Clients, endpoint: FakeEndpoint, publish: Callable[..., None]
) -> None:
    publish("minilm", "resnet50", "broken", hot=["minilm", "resnet50", "broken"])
    endpoint.faults[TARGET] = [refused("ModelNotReadyException", 429)] * 9
    endpoint.always["broken/v1.tar.gz"] = refused("ValidationError", 400)

    warmed = on_change(PROPERTIES, FakeContext(), clients=clients, pause=lambda _seconds: None)

    assert warmed == {"Warm": "2", "Cold": "broken: ValidationError: said so"}
    assert endpoint.counts() == {TARGET: 24, "resnet50/v1.tar.gz": 8, "broken/v1.tar.gz": 8}


def test_a_changed_endpoint_that_stays_cold_ends_with_the_time_of_the_call(
    clients: Clients, endpoint: FakeEndpoint, publish: Callable[..., None]
) -> None:
    publish("minilm", hot=["minilm"])
    endpoint.always[TARGET] = refused("ModelNotReadyException", 429)
    context = FakeContext()

    def wait(_seconds: float) -> None:
        context.millis -= 150_000

    warmed = on_change(PROPERTIES, context, clients=clients, pause=wait)

    assert warmed == {"Warm": "0", "Cold": "minilm: ModelNotReadyException: said so"}
    assert endpoint.counts() == {TARGET: 16}
