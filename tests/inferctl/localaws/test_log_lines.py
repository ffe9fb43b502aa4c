from __future__ import annotations

import logging

import pytest

from inferctl.localaws.log_lines import LineFormatter


@pytest.mark.parametrize(
    ("logger", "level", "rest"),
    [
        ("lambda", logging.INFO, "lambda said 1"),
        ("inferctl.localaws.moto_app", logging.ERROR, "moto_app ERROR said 1"),
        ("inferctl.localaws.cloudformation.worker", logging.INFO, "cloudformation said 1"),
    ],
)
def test_a_line_names_the_part_and_an_unusual_level(logger: str, level: int, rest: str) -> None:
    record = logging.LogRecord(logger, level, "file.py", 1, "said %d", (1,), None)
    record.msecs = 7

    time, _, line = LineFormatter().format(record).partition(" ")

    assert line == rest
    assert len(time) == len("07:36:32.007")
    assert time.endswith(".007")
