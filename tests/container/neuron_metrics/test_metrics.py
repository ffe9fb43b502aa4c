from __future__ import annotations

import json
from typing import Any

from neuron_metrics.metrics import metric_data
from neuron_metrics.report import parse_report
from neuron_metrics.settings import Settings
from tests.container.neuron_metrics.reports import line, report, runtime

SETTINGS = Settings(
    cluster="fleet",
    pool="inf1",
    owners={"resnet": frozenset(range(4)), "bert": frozenset(range(8, 16))},
    period_seconds=60,
    region="us-east-1",
)
POOL = ("PoolName", "inf1")
RESNET = ("ServiceName", "resnet")
BERT = ("ServiceName", "bert")


def published(*runtimes: dict[str, Any]) -> dict[tuple[tuple[str, str], str], Any]:
    """Value, or values with their counts, by dimension and metric; the cluster is in all."""
    data = metric_data(parse_report(line(*runtimes).encode()), SETTINGS)
    found = {}
    for datum in data:
        cluster, other = datum["Dimensions"]
        assert cluster == {"Name": "ClusterName", "Value": "fleet"}
        value = datum.get("Value")
        if value is None:
            value = dict(zip(datum["Values"], datum["Counts"], strict=True))
        found[(other["Name"], other["Value"]), datum["MetricName"]] = value
    assert len(found) == len(data)
    return found


def test_cores_count_for_the_service_that_owns_them_and_for_the_pool() -> None:
    found = published(
        runtime({0: 80, 1: 60, 2: 0, 3: 0}, memory={0: 100, 1: 50}),
        runtime({8: 20, 9: 20, 10: 20, 11: 20}, memory={8: 7}, errors={"hardware": 3}),
    )

    assert found == {
        (POOL, "NeuronCoreUtilization"): {80: 1, 60: 1, 0: 2, 20: 4},
        (POOL, "NeuronDeviceMemoryUsed"): 157,
        (POOL, "NeuronExecutionErrors"): 3,
        (RESNET, "NeuronCoreUtilization"): {80: 1, 60: 1, 0: 2},
        (RESNET, "NeuronDeviceMemoryUsed"): 150,
        (RESNET, "NeuronExecutionErrors"): 0,
        (BERT, "NeuronCoreUtilization"): {20: 4},
        (BERT, "NeuronDeviceMemoryUsed"): 7,
        (BERT, "NeuronExecutionErrors"): 3,
    }


def test_processes_of_one_chip_list_each_others_cores_and_every_core_counts_once() -> None:
    processes = [
        runtime({core: 40.0 if core == own else 0.0 for core in range(4)}, pid=own)
        for own in range(4)
    ]

    assert published(*processes)[RESNET, "NeuronCoreUtilization"] == {40.0: 4}


def test_host_without_a_runtime_has_no_data_at_all() -> None:
    assert published() == {}


def test_service_without_a_runtime_has_no_data_beside_one_that_has() -> None:
    found = published(runtime({0: 50}))

    assert {dimension for dimension, _ in found} == {POOL, RESNET}


def test_service_that_runs_without_traffic_is_at_zero() -> None:
    assert published(runtime({8: 0, 9: 0}))[BERT, "NeuronCoreUtilization"] == {0: 2}


def test_cores_that_no_service_owns_count_for_the_pool_only() -> None:
    found = published(runtime({4: 90}))

    assert {dimension for dimension, _ in found} == {POOL}
    assert found[POOL, "NeuronCoreUtilization"] == {90: 1}


def test_core_handed_over_within_a_period_is_not_above_a_hundred_percent() -> None:
    found = published(runtime({0: 70}, pid=1), runtime({0: 60}, pid=2))

    assert found[RESNET, "NeuronCoreUtilization"] == {100: 1}


def test_errors_that_could_not_be_measured_are_not_zero() -> None:
    broken = runtime({0: 5})
    broken["report"]["execution_stats"]["error"] = "it broke"

    found = published(broken)

    assert (POOL, "NeuronExecutionErrors") not in found
    assert (RESNET, "NeuronExecutionErrors") not in found
    assert found[RESNET, "NeuronCoreUtilization"] == {5: 1}


def test_units_are_those_that_the_contract_names() -> None:
    data = metric_data(parse_report(json.dumps(report(runtime({0: 1}))).encode()), SETTINGS)

    assert {datum["MetricName"]: datum["Unit"] for datum in data} == {
        "NeuronCoreUtilization": "Percent",
        "NeuronDeviceMemoryUsed": "Bytes",
        "NeuronExecutionErrors": "Count",
    }
