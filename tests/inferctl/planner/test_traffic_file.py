"""Each form of traffic file, and one message for each thing that is wrong with it."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from inferctl.planner.measured import Defaults, fleet_from, read_measured
from inferctl.planner.traffic_file import Traffic, read_traffic
from load_client.errors import InputError


def _read(folder: Path, name: str, text: str) -> Traffic:
    path = folder / name
    path.write_text(text)
    return read_traffic(path)


@pytest.mark.parametrize(
    ("name", "text", "rates"),
    [
        ("a.csv", "model,calls_per_minute\na,60\nb,6\n", {"a": 1.0, "b": 0.1}),
        (
            "a.csv",
            "minute,model,calls_per_minute\n0,a,60\n60,a,0\n60,b,60\n",
            {"a": 0.5, "b": 0.5},
        ),
        ("a.json", '{"calls_per_minute": {"a/0123456789abcdef.tar.gz": 60}}', {"a": 1.0}),
        (
            "a.json",
            '{"periods": [{"minutes": 30, "calls_per_minute": {"a": 60}},'
            ' {"minutes": 10, "calls_per_minute": {"a": 20}}]}',
            {"a": 50 / 60},
        ),
        ("a.csv", "time,model\n100,a\n101,b\n102,a\n", {"a": 2 / 3, "b": 1 / 3}),
        (
            "a.jsonl",
            '{"time": "2026-01-01T00:00:00Z", "model": "a"}\n\n'
            '{"timestamp": "2026-01-01T00:00:01", "target_model": "a"}\n',
            {"a": 1.0},
        ),
        (
            "a.log",
            '{"_aws": {"Timestamp": 1700000000000}, "ModelName": "a", "Calls": [1.0, 1.0]}\n'
            '{"eventTime": "2023-11-14T22:13:22Z", "requestParameters": {"targetModel": "b"}}\n',
            {"a": 2 / 3, "b": 1 / 3},
        ),
        ("a.csv", '"time" , "model"\r\n3,b\r\n\r\n1,"a"\r\n2,a\r\n', {"a": 2 / 3, "b": 1 / 3}),
        (
            "a.csv",
            "time,model\n2026-01-01T01:00:02+01:00,a\n2026-01-01T00:00:00Z,a\n1767225601000,a\n",
            {"a": 1.0},
        ),
        (
            "a.jsonl",
            '{"time": 1, "model": "a\u2028b"}\n{"time": 2, "model": "c"}\n',
            {"a\u2028b": 0.5, "c": 0.5},
        ),
    ],
)
def test_file_gives_mean_calls_a_second(
    tmp_path: Path, name: str, text: str, rates: dict[str, float]
) -> None:
    traffic = _read(tmp_path, name, text)

    found = dict(zip(traffic.names, traffic.rates.mean.tolist(), strict=True))
    assert found == pytest.approx(rates)


@pytest.mark.parametrize(
    ("name", "text", "problems"),
    [
        (
            "a.csv",
            "model,calls_per_minute\na,-1\n,2\na,x\na,1\na,2\n",
            [
                ":2: calls_per_minute must be a number from 0 to 1e+09, got '-1'",
                ":3: model must name a model, got ''",
                ":4: calls_per_minute must be a number from 0 to 1e+09, got 'x'",
                ":6: a is there twice, see line 5",
            ],
        ),
        (
            "a.csv",
            "model,rate\na,1\n",
            [
                ":1: column calls_per_minute is missing; write it in the first line",
                ":1: unknown column 'rate'; the columns are minute, model, calls_per_minute",
            ],
        ),
        (
            "a.csv",
            "minute,model,calls_per_minute\n5,a,1\n",
            [": the first period must begin at minute 0, got 5"],
        ),
        ("a.csv", "model,calls_per_minute\na,0\n", [": holds no call"]),
        ("a.csv", "model,calls_per_minute\n", [": holds no call"]),
        ("a.csv", "time,model\n", [": holds no call"]),
        (
            "a.csv",
            "",
            [
                ":1: column model is missing; write it in the first line",
                ":1: column calls_per_minute is missing; write it in the first line",
            ],
        ),
        (
            "a.csv",
            "model,calls_per_minute\na,1,2\nb\nc,1e10\n",
            [
                ":2: has 3 fields, the first line 2 columns",
                ":3: calls_per_minute must be a number from 0 to 1e+09, got None",
                ":4: calls_per_minute must be a number from 0 to 1e+09, got '1e10'",
            ],
        ),
        ("a.csv", "model,calls_per_minute,model\n", [":1: column model is there twice"]),
        (
            "a.csv",
            "x" * 200_000,
            [":1: is not CSV: field larger than field limit (131072)"],
        ),
        (
            "a.json",
            '{"calls_per_minute": {"a": 1, "b": 2, "a": 3}}',
            [": a is there twice"],
        ),
        (
            "a.json",
            '{"calls_per_minute": {"a": %s, "b": NaN}}' % ("9" * 400),
            [
                f": a must be a number from 0 to 1e+09, got {'9' * 60}",
                ": b must be a number from 0 to 1e+09, got nan",
            ],
        ),
        (
            "a.csv",
            "time,model\nnan,a\nyesterday,b\n",
            [
                ":2: time must be seconds since 1970 or ISO 8601, got 'nan'",
                ":3: time must be seconds since 1970 or ISO 8601, got 'yesterday'",
                ": holds no call",
            ],
        ),
        ("a.csv", "time,model\n1,a\n1,b\n", [": must span some time: all its calls have the same"]),
        (
            "a.jsonl",
            '[1]\n{"time": 1}\n',
            [
                ":1: must be one JSON object a line",
                ":2: model must name a model, got None",
                ": holds no call",
            ],
        ),
        (
            "a.json",
            '{"periods": [3, {"minutes": 0, "calls_per_minute": {"a": true}}]}',
            [
                ": periods[0] must have minutes and calls_per_minute, got 3",
                ": periods[1].minutes must be above 0",
                ": a must be a number from 0 to 1e+09, got True",
            ],
        ),
        (
            "a.txt",
            "",
            [": the name must end in one of .csv, .json, .jsonl, .ndjson, .log, got '.txt'"],
        ),
    ],
)
def test_every_problem_is_said_at_once(
    tmp_path: Path, name: str, text: str, problems: list[str]
) -> None:
    with pytest.raises(InputError) as caught:
        _read(tmp_path, name, text)

    assert [each.removeprefix(str(tmp_path / name)) for each in caught.value.problems] == problems


def test_a_file_of_other_bytes_is_not_text(tmp_path: Path) -> None:
    for name in ("a.csv", "a.json", "a.log"):
        (tmp_path / name).write_bytes(b"time,model\n\xff\xfe")
        with pytest.raises(InputError, match=f"{name}: must be UTF-8 text: invalid start byte"):
            read_traffic(tmp_path / name)


def test_a_log_takes_little_more_memory_than_its_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("time,model\n" + "".join(f"{each},m\n" for each in range(20_000)))

    tracemalloc.start()
    traffic = read_traffic(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert traffic.calls is not None and len(traffic.calls) == 20_000
    assert peak / 20_000 < 100


@pytest.mark.parametrize("models", ["3", "[3]", "[{}]", '[{"target_model": "a", "bytes": "x"}]'])
def test_a_status_of_another_form_is_refused(tmp_path: Path, models: str) -> None:
    path = tmp_path / "m.json"
    path.write_text(f'{{"serving": {{"e": {{"models": {models}}}}}}}')

    with pytest.raises(InputError, match="serving must be as `inferctl local status --json`"):
        read_measured(path)


def test_only_the_first_twenty_problems_are_spelled_out(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        _read(tmp_path, "a.csv", "model,calls_per_minute\n" + "a,x\n" * 50)

    assert len(caught.value.problems) == 21
    assert caught.value.problems[-1].endswith("and 30 more like these")


def test_a_star_stands_for_models_without_a_row(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text("model,host_mib,gpu_mib,load_seconds,service_ms\na,1,2,3,4\n*,10,,,\n")

    fleet, notes = fleet_from(("a", "b"), read_measured(path), Defaults())

    assert fleet.host_mib.tolist() == [1, 10]
    assert fleet.gpu_mib.tolist() == [2, 10]
    assert fleet.load_seconds.tolist() == [3, 10]
    assert fleet.service_seconds.tolist() == [0.004, 0.02]
    assert len(notes) == 3


def test_unmeasured_models_are_named(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    path.write_text(
        '{"serving": {"e": {"models": [{"target_model": "a/0123456789abcdef.tar.gz",'
        ' "bytes": 1048576, "load_seconds": 0.5}]}}}'
    )

    with pytest.raises(InputError, match="1 models of the traffic have no measured memory: b"):
        fleet_from(("a", "b"), read_measured(path), Defaults())
