"""Reports survive the round trip; a broken one is refused with every problem."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from load_client.engine import measure
from load_client.errors import CallError, InputError
from load_client.report import Price, run_of
from load_client.report_file import parse_report, read_report, to_json, write_report
from load_client.shapes import Arrivals, LoadShape
from tests.container.load_client.simulated import (
    PAYLOAD,
    SimulatedClock,
    SimulatedTarget,
    any_report,
    any_run,
)


def test_a_measured_report_survives_the_round_trip(tmp_path: Path) -> None:
    clock = SimulatedClock()

    def latency(number: int) -> float:
        if number % 50 == 49:
            raise CallError("timeout", "no answer")
        return 0.004 + number * 1e-7

    shape = LoadShape(rate=100, arrivals=Arrivals.POISSON, seconds=60, window_seconds=5)
    target = SimulatedTarget(clock, latency)
    measurement = measure(target, PAYLOAD, shape, clock=clock)
    run = run_of(
        measurement, server="plain", target=target, shape=shape, batch=4, started_at="2026-11-21"
    )
    price = Price(server="plain", usd_per_hour=0.526, basis="on demand, us-east-1, 2026-11-21")
    report = any_report(run, prices=(price,))

    write_report(report, tmp_path / "report.json")

    assert read_report(tmp_path / "report.json") == report
    assert run.load.arrivals == "poisson"
    assert run.inferences_per_second == pytest.approx(4 * run.calls / run.elapsed_seconds)


def test_the_histogram_is_restored_from_the_report() -> None:
    clock = SimulatedClock()
    target = SimulatedTarget(clock, lambda number: 0.001 * (number + 1))
    measurement = measure(
        target, PAYLOAD, LoadShape(calls=500, warm_up_calls=0), clock=clock, first_call=False
    )
    run = run_of(
        measurement,
        server="s",
        target=target,
        shape=LoadShape(calls=500),
        batch=1,
        started_at="2026",
    )

    assert run.latencies is not None
    again = run.latency_histogram()
    assert list(again.pairs()) == list(measurement.recorder.histogram.pairs())
    assert again.percentile(99) / 1e6 == pytest.approx(run.latencies.p99_ms, rel=0.0005)


def changed(change: Any) -> bytes:
    value = json.loads(to_json(any_report()))
    change(value)
    return json.dumps(value).encode()


def price_of(report: Any, dollars: float) -> dict[str, Any]:
    return {"server": report["runs"][0]["server"], "usd_per_hour": dollars, "basis": "b"}


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda v: v.update(format="x"), "is no load report"),
        (lambda v: v.update(version=2), "version must be 1, got 2"),
        (lambda v: v.pop("title"), r"\$\.title is required"),
        (lambda v: v.update(extra=1), r"\$\.extra is unknown"),
        (lambda v: v.update(title=3), r"\$\.title must be str, got 3"),
        (lambda v: v.update(runs={}), r"\$\.runs must be a list"),
        (lambda v: v.update(environment=[]), r"\$\.environment must be an object"),
        (lambda v: v["runs"][0].update(calls=True), r"\$\.runs\[0\]\.calls must be int, got True"),
        (lambda v: v["runs"][0].update(errors=[]), r"errors must be an object"),
        (lambda v: v["runs"][0].update(errors={"x": "1"}), r"errors\.x must be int, got '1'"),
        (lambda v: v["runs"][0].update(histogram=[[1]]), r"\[0\] must have 2 elements, got 1"),
        (lambda v: v["runs"][0].update(calls=9), "histogram counts 2 calls, .calls is 9"),
        (lambda v: v["runs"][0].update(latencies=None), "latencies must be there exactly"),
        (lambda v: v["runs"][0].update(elapsed_seconds=0), "elapsed_seconds must be above 0"),
        (lambda v: v["runs"][0]["load"].update(batch=0), "batch and concurrency must be"),
        (lambda v: v["runs"][0].update(late=-1), "counts must not be negative"),
        (lambda v: v["runs"][0].update(elapsed_seconds=10**400), "elapsed_seconds must be finite"),
        (lambda v: v["runs"][0].update(elapsed_seconds=1e-320), "elapsed_seconds must be"),
        (lambda v: v["runs"][0]["latencies"].update(p50_ms=0), "latencies must be"),
        (lambda v: v["runs"][0]["latencies"].update(maximum_ms=1e308), "latencies must be"),
        (lambda v: v["runs"][0].update(samples=[[0.5, -1.0]]), "samples must be"),
        (lambda v: v["runs"][0].update(first={"milliseconds": -3}), "first must be"),
        (lambda v: v["runs"][0].update(histogram=[[9, 3], [9, -1]]), "histogram must hold"),
        (lambda v: v["runs"][0].update(histogram=[[-9, 2]]), "histogram must hold"),
        (lambda v: v["runs"][0]["load"].update(rate=-5), "rate must be"),
        (lambda v: v.update(prices=[price_of(v, 0)]), "usd_per_hour must be"),
        (lambda v: v.update(prices=[price_of(v, 1), price_of(v, 2)]), "has two prices"),
        (lambda v: v["runs"][0].update(server="\x1b[2J"), "server must hold printable"),
        (lambda v: v.update(title="a\nb"), "title must hold printable"),
        (
            lambda v: v.update(prices=[{"server": "x", "usd_per_hour": 1, "basis": "b"}]),
            "server 'x' has no run",
        ),
    ],
)
def test_parse_rejects(change: Any, text: str) -> None:
    with pytest.raises(InputError, match=text):
        parse_report(changed(change), name="report.json")


def test_all_problems_are_told_at_once() -> None:
    def change(value: Any) -> None:
        value["title"] = 1
        value["runs"][0]["model"] = 2

    with pytest.raises(InputError) as caught:
        parse_report(changed(change), name="r.json")

    assert caught.value.problems == (
        "r.json: $.title must be str, got 1",
        "r.json: $.runs[0].model must be str, got 2",
    )


@pytest.mark.parametrize("data", [b"", b"[", b"[]", b'{"format": "load-report", "version": NaN}'])
def test_what_is_no_report_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match=r"r\.json: "):
        parse_report(data, name="r.json")


def test_infinite_numbers_are_refused() -> None:
    data = to_json(any_report()).replace(b'"elapsed_seconds": 2.0', b'"elapsed_seconds": Infinity')

    with pytest.raises(InputError, match="elapsed_seconds must be finite, got inf"):
        parse_report(data, name="r.json")


def test_pairs_take_one_line_and_messages_stay_as_they_are() -> None:
    message = "expected [\n 1,\n 2\n] and [1, 2]"
    report = any_report(any_run(errors={"x": 1}, error_messages={"x": message}))

    text = to_json(report).decode()

    assert "[5000000, 2]" in text
    assert parse_report(text.encode(), name="r").runs[0].error_messages["x"] == message


def test_a_missing_file_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        read_report(tmp_path / "none.json")


def test_a_report_says_whether_it_was_stopped() -> None:
    run = any_run()

    assert not any_report(run).interrupted
    assert any_report(run, dataclasses.replace(run, interrupted=True)).interrupted


def test_what_cannot_be_written_whole_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(b"old")

    def full(self: Path, data: bytes) -> int:
        with self.open("wb") as file:
            file.write(data[:3])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)

    with pytest.raises(OSError, match="No space left"):
        write_report(any_report(), path)

    assert path.read_bytes() == b"old"
    assert [*tmp_path.iterdir()] == [path]


def test_what_is_no_file_is_written_to_as_it_is() -> None:
    write_report(any_report(), Path("/dev/null"))

    assert Path("/dev/null").is_char_device()
