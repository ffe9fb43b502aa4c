"""Calls are measured where they are made, and never fail of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from model_metrics import measured


class Clock:
    """Each look is a quarter of a second later."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 0.25
        return self.now


def _measure(lines: list[str], **changed: Any) -> Any:
    options: dict[str, Any] = {"write": lines.append, "clock": Clock(), "now": lambda: 1.5}
    return measured("prod-models", "minilm", **(options | changed))


def test_a_call_is_written_with_what_it_took() -> None:
    lines: list[str] = []

    with _measure(lines) as call:
        call.cold, call.request_bytes = True, 17

    (line,) = lines
    document = json.loads(line)
    assert document["Latency"] == [250.0]
    assert document["_aws"]["Timestamp"] == 1500
    assert document["ColdCalls"] == [1.0]
    assert document["RequestBytes"] == [17.0]


def test_an_exception_is_an_error_of_its_own_name_and_goes_on() -> None:
    lines: list[str] = []

    with pytest.raises(TimeoutError), _measure(lines):
        raise TimeoutError

    document = json.loads(lines[0])
    assert document["Errors"] == [1.0]
    assert document["Failures"] == ["TimeoutError"]


def test_a_name_that_the_caller_gave_an_error_stays() -> None:
    lines: list[str] = []

    with pytest.raises(TimeoutError), _measure(lines) as call:
        call.error = "429"
        raise TimeoutError

    assert json.loads(lines[0])["Failures"] == ["429"]


def test_a_record_that_cannot_be_written_does_not_fail_the_call(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def full(_line: str) -> None:
        raise OSError("no space left")

    with _measure([], write=full):
        answer = "answer"

    assert answer == "answer"
    assert capsys.readouterr().err == "no metric of 'minilm': no space left\n"


def test_a_name_that_cloudwatch_refuses_does_not_fail_the_call(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with measured("prod-models", "größe"):
        pass

    assert "no metric of 'größe'" in capsys.readouterr().err


def test_a_clock_that_goes_back_counts_as_no_time() -> None:
    lines: list[str] = []
    times = iter((2.0, 1.0))

    with _measure(lines, clock=lambda: next(times)):
        pass

    assert json.loads(lines[0])["Latency"] == [0.0]


def test_without_a_writer_lines_go_to_the_standard_output(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with measured("prod-models", "minilm"):
        pass

    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["ModelName"] == "minilm"


@pytest.mark.parametrize("wrong", ["12", object()])
def test_a_size_that_is_no_number_does_not_fail_the_call(
    wrong: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    with _measure([]) as call:
        call.request_bytes = wrong

    assert "no metric of 'minilm'" in capsys.readouterr().err


def test_a_writer_that_fails_in_a_way_of_its_own_does_not_hide_the_callers_error() -> None:
    def broken(_line: str) -> None:
        raise RuntimeError

    with pytest.raises(TimeoutError), _measure([], write=broken):
        raise TimeoutError


def test_the_text_of_an_exception_is_cut_to_a_word_that_fits() -> None:
    lines: list[str] = []

    with _measure(lines) as call:
        call.error = "e" * 2_000_000

    assert json.loads(lines[0])["Failures"] == ["e" * 256]
    assert json.loads(lines[0])["Errors"] == [1.0]


def test_a_model_without_series_of_its_own_is_named_in_the_log_only() -> None:
    lines: list[str] = []

    with _measure(lines, own_series=False):
        pass

    document = json.loads(lines[0])
    assert document["ModelName"] == "minilm"
    assert document["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["EndpointName"]]
