from __future__ import annotations

import pytest

from neuron_metrics.settings import Settings, SettingsError, read_settings

GOOD = {
    "NEURON_METRICS_CLUSTER": "fleet",
    "NEURON_METRICS_POOL": "inf1",
    "NEURON_METRICS_OWNERS": '{"resnet": "0-3", "bert": "4,6-7"}',
    "NEURON_METRICS_PERIOD_SECONDS": "30",
    "AWS_REGION": "us-east-1",
}


def test_good_environment_is_read_into_types() -> None:
    assert read_settings(GOOD) == Settings(
        cluster="fleet",
        pool="inf1",
        owners={"resnet": frozenset({0, 1, 2, 3}), "bert": frozenset({4, 6, 7})},
        period_seconds=30,
        region="us-east-1",
    )


def test_period_is_a_minute_where_none_is_given() -> None:
    environment = {key: value for key, value in GOOD.items() if "PERIOD" not in key}

    assert read_settings(environment).period_seconds == 60


def test_pool_without_services_has_an_empty_object() -> None:
    assert read_settings({**GOOD, "NEURON_METRICS_OWNERS": "{}"}).owners == {}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"NEURON_METRICS_CLUSTER": ""}, "NEURON_METRICS_CLUSTER is required"),
        ({"NEURON_METRICS_POOL": ":x"}, "NEURON_METRICS_POOL must be 1 to 1024 ASCII characters"),
        ({"NEURON_METRICS_POOL": "ü"}, "NEURON_METRICS_POOL must be 1 to 1024 ASCII characters"),
        ({"AWS_REGION": ""}, "AWS_REGION is required"),
        ({"NEURON_METRICS_PERIOD_SECONDS": "0"}, "from 1 to 3600, got '0'"),
        ({"NEURON_METRICS_PERIOD_SECONDS": "3601"}, "from 1 to 3600, got '3601'"),
        ({"NEURON_METRICS_PERIOD_SECONDS": "5.5"}, "from 1 to 3600, got '5.5'"),
        ({"NEURON_METRICS_PERIOD_SECONDS": "²"}, "from 1 to 3600, got '²'"),
        ({"NEURON_METRICS_OWNERS": "resnet"}, 'must be a JSON object such as {"resnet": "0-3"}'),
        ({"NEURON_METRICS_OWNERS": "[]"}, "must be a JSON object"),
        ({"NEURON_METRICS_OWNERS": "[1]"}, "must be a JSON object"),
        ({"NEURON_METRICS_OWNERS": "3"}, "must be a JSON object"),
        ({"NEURON_METRICS_OWNERS": "[" * 100_000}, "must be a JSON object"),
        ({"NEURON_METRICS_OWNERS": '{"": "0"}'}, "'' must be a service name"),
        (
            {"NEURON_METRICS_OWNERS": '{"a": 3}'},
            "'a' must have cores such as '0-3' or '0,2', got 3",
        ),
        ({"NEURON_METRICS_OWNERS": '{"a": "3-1"}'}, "must have cores such as '0-3' or '0,2'"),
        ({"NEURON_METRICS_OWNERS": '{"a": "0-99999"}'}, "must have cores such as"),
        ({"NEURON_METRICS_OWNERS": '{"a": {"b": "0"}}'}, "must have cores such as"),
        ({"NEURON_METRICS_OWNERS": '{"a": "0", "a": "1"}'}, "'a' is named twice"),
        (
            {"NEURON_METRICS_OWNERS": '{"a": "0-3", "b": "3-4"}'},
            "'b' has core 3, which 'a' has already",
        ),
    ],
)
def test_bad_environment_is_refused_by_name(changes: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings({**GOOD, **changes})

    assert message in str(refused.value)
    assert len(refused.value.problems) == 1


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings({"NEURON_METRICS_PERIOD_SECONDS": "never"})

    said = str(refused.value)
    assert said.startswith("neuron-metrics cannot start: ")
    for variable in GOOD:
        assert variable in said
    assert len(refused.value.problems) == 5
