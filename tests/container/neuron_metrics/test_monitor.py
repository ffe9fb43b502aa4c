"""A monitor that hangs or floods is replaced, which takes too long to wait for in a process."""

from __future__ import annotations

import json
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from neuron_metrics import monitor
from neuron_metrics.monitor import Monitor

FAKE = Path(__file__).with_name("fake_monitor.py")


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(monitor, "_SILENT_SECONDS", 0.2)
    monkeypatch.setattr(monitor, "_SILENT_PERIODS", 1)
    monkeypatch.setattr(monitor, "_FIRST_BACKOFF_SECONDS", 0.01)
    monkeypatch.setenv("PATH", str(tmp_path))
    program = tmp_path / "neuron-monitor"
    program.write_text(f"#!{sys.executable}\n" + FAKE.read_text())
    program.chmod(0o755)


def lines(folder: Path, *script: list[dict[str, Any]]) -> Generator[bytes, None, None]:
    (folder / "script.json").write_text(json.dumps(script))
    with Monitor(1) as running:
        yield from running.lines()


def test_silent_monitor_is_replaced(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    found = lines(tmp_path, [{"line": "one"}, {"sleep": 600}], [{"line": "two"}, {"sleep": 600}])

    assert [next(found), next(found)] == [b"one", b"two"]

    found.close()
    assert "neuron-monitor said nothing for 1 s" in caplog.text


def test_line_without_an_end_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(monitor, "LONGEST_LINE", 1000)
    endless: list[dict[str, Any]] = [{"text": "x" * 2000}, {"sleep": 600}]
    found = lines(tmp_path, endless, [{"line": "two"}, {"sleep": 600}])

    assert next(found) == b"two"

    found.close()
    assert "a line of more than 1000 bytes" in caplog.text


def test_line_that_comes_in_pieces_is_one_line(tmp_path: Path) -> None:
    found = lines(tmp_path, [{"text": "on"}, {"sleep": 0.05}, {"line": "e"}, {"sleep": 600}])

    assert next(found) == b"one"

    found.close()
