"""Create, update, delete, and a changed endpoint: who is called, how often, and what is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from cfn_resource import EventError
from model_warm_up.handler import Clients, is_complete, on_change, on_event

from .conftest import PROPERTIES, FakeContext, FakeEndpoint, event

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def test_create_and_update_get_ten_minutes_and_keep_the_endpoint_as_id() -> None:
    for kind in ("Create", "Update"):
        assert on_event(event(kind), FakeContext(), now=lambda: NOON) == {
            "PhysicalResourceId": "fleet",
            "WarmUntil": (NOON + timedelta(minutes=10)).isoformat(),
        }


def test_delete_does_nothing_even_with_properties_that_are_wrong(
    clients: Clients, endpoint: FakeEndpoint
) -> None:
    gone = event("Delete", ResourceProperties={})

    assert on_event(gone, FakeContext()) == {"PhysicalResourceId": "fleet"}
    assert is_complete(gone, FakeContext(), clients=clients) == {"IsComplete": True}
    assert endpoint.calls == []


def test_wrong_properties_are_named_together() -> None:
    wrong = {**PROPERTIES, "EndpointName": "", "Prefix": "fleet"}

    with pytest.raises(EventError) as caught:
        on_event(event(ResourceProperties=wrong), FakeContext())

    assert str(caught.value) == (
        "invalid Custom::ModelWarmUp: EndpointName is required; Prefix must be a prefix that ends"
        " in a slash, got 'fleet'"
    )


def test_each_hot_model_is_called_by_four_callers_for_each_instance_at_once(
    clients: Clients, endpoint: FakeEndpoint, publish: Callable[..., None]
) -> None:
    publish("minilm", "resnet50", "cold", hot=["minilm", "resnet50"])
    endpoint.instances, endpoint.together = 3, 12

    done = is_complete(event(), FakeContext(), clients=clients)

    assert done == {"IsComplete": True, "Data": {"Warm": "2", "Cold": ""}}
    assert endpoint.counts() == {"minilm/v1.tar.gz": 12, "resnet50/v1.tar.gz": 12}
    assert ("minilm/v1.tar.gz", b'{"of": "minilm"}') in endpoint.calls


def test_both_fleets_of_an_update_count(
    clients: Clients, endpoint: FakeEndpoint, publish: Callable[..., None]
) -> None:
    publish("minilm", hot=["minilm"])
    endpoint.instances, endpoint.pending = 2, 3

    is_complete(event(), FakeContext(), clients=clients)

    assert endpoint.counts() == {"minilm/v1.tar.gz": 20}


def test_a_large_fleet_is_called_by_no_more_than_32_at_a_time(
    clients: Clients, endpoint: FakeEndpoint, publish: Callable[..., None]
) -> None:
    publish("minilm", hot=["minilm"])
    endpoint.instances = 100

    is_complete(event(), FakeContext(), clients=clients)

    assert endpoint.counts() == {"minilm/v1.tar.gz": 32}


def test_a_changed_endpoint_is_warmed_with_the_properties_that_the_rule_sends(
    clients: Clients, endpoint: FakeEndpoint, publish: Callable[..., None]
) -> None:
    publish("minilm", hot=["minilm"])

    assert on_change(PROPERTIES, FakeContext(), clients=clients) == {"Warm": "1", "Cold": ""}
    assert endpoint.counts() == {"minilm/v1.tar.gz": 8}
