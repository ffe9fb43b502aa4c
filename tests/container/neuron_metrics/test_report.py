from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from neuron_metrics.report import Report, ReportError, Runtime, parse_report
from tests.container.neuron_metrics.reports import report, runtime

ONE = report(runtime({0: 2.9, 1: 0, 2: 0, 3: 0}, memory={0: 63_000, 1: 5}, errors={"model": 2}))


def test_report_of_one_process_is_read_by_core() -> None:
    parsed = parse_report(json.dumps(ONE).encode())

    assert parsed == Report(
        runtimes=(
            Runtime(
                pid=20_843,
                utilization={0: 2.9, 1: 0.0, 2: 0.0, 3: 0.0},
                memory={0: 63_000, 1: 5},
                device_memory=63_005,
                errors=2,
            ),
        )
    )


def test_host_without_a_neuron_process_has_no_runtime() -> None:
    assert parse_report(json.dumps(report()).encode()).runtimes == ()
    assert parse_report(b'{"neuron_runtime_data": []}').runtimes == ()
    assert parse_report(b"{}").runtimes == ()


def test_monitor_that_cannot_read_the_driver_complains() -> None:
    line = json.dumps(report(hardware_error="no Neuron driver")).encode()

    assert parse_report(line).complaints == ("neuron_hardware_info: no Neuron driver",)


@pytest.mark.parametrize(
    ("group", "field"),
    [
        ("neuroncore_counters", "utilization"),
        ("execution_stats", "errors"),
        ("memory_used", "device_memory"),
    ],
)
def test_group_with_an_error_is_unknown_and_not_zero(group: str, field: str) -> None:
    document = copy.deepcopy(ONE)
    document["neuron_runtime_data"][0]["report"][group]["error"] = "it broke"

    parsed = parse_report(json.dumps(document).encode())

    assert getattr(parsed.runtimes[0], field) in (None, {})
    assert parsed.complaints == (f"process 20843: {group}: it broke",)


def test_utilization_above_a_hundred_percent_is_a_hundred() -> None:
    line = json.dumps(report(runtime({0: 100.4}))).encode()

    assert parse_report(line).runtimes[0].utilization == {0: 100.0}


def edited(change: Callable[[dict[str, Any]], None]) -> bytes:
    document = copy.deepcopy(ONE)
    change(document["neuron_runtime_data"][0]["report"])
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"", "no JSON"),
        (b'{"neuron_runtime_data": [', "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[]", "no JSON object but list"),
        (b'{"neuron_runtime_data": {}}', "neuron_runtime_data is not a list"),
        (b'{"neuron_runtime_data": [1]}', "neuron_runtime_data[] is not an object"),
        (b'{"neuron_runtime_data": [{"pid": "7"}]}', "pid is not a number"),
        (b'{"neuron_runtime_data": [{"report": []}]}', "report is not an object"),
        (
            edited(lambda r: r["neuroncore_counters"].update(neuroncores_in_use={"x": {}})),
            "neuroncores_in_use: 'x' is no core number",
        ),
        (
            edited(lambda r: r["neuroncore_counters"].update(neuroncores_in_use={"0": {}})),
            "neuroncore_utilization is not a number",
        ),
        (
            edited(
                lambda r: r["neuroncore_counters"].update(
                    neuroncores_in_use={"0": {"neuroncore_utilization": float("nan")}}
                )
            ),
            "neuroncore_utilization is nan",
        ),
        (
            edited(
                lambda r: r["neuroncore_counters"].update(
                    neuroncores_in_use={"0": {"neuroncore_utilization": -1}}
                )
            ),
            "neuroncore_utilization is -1",
        ),
        (
            edited(lambda r: r["execution_stats"]["error_summary"].update(model=True)),
            "error_summary.model is not a number",
        ),
    ],
)
def test_line_that_is_no_report_is_refused(line: bytes, message: str) -> None:
    with pytest.raises(ReportError) as refused:
        parse_report(line)

    assert message in str(refused.value)
