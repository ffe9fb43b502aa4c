"""Runs ``neuron-monitor`` and starts it again whenever it ends or falls silent."""

from __future__ import annotations

import json
import logging
import os
import select
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType

COMMAND = "neuron-monitor"
LONGEST_LINE = 8 * 2**20
_FIRST_BACKOFF_SECONDS = 1.0
_LONGEST_BACKOFF_SECONDS = 60.0
# a healthy one reports every period, and the first report may wait for the driver
_SILENT_PERIODS = 3
_SILENT_SECONDS = 30.0
_STOP_SECONDS = 0.3

log = logging.getLogger(__name__)


class MonitorError(RuntimeError):
    """``neuron-monitor`` cannot be started at all."""


class Monitor:
    """Use as a context manager: leaving it ends the process."""

    def __init__(self, period_seconds: int) -> None:
        self._period = period_seconds
        self._silence = _SILENT_SECONDS + _SILENT_PERIODS * period_seconds
        self._backoff = _FIRST_BACKOFF_SECONDS
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = tempfile.TemporaryDirectory(prefix="neuron-metrics-")

    def __enter__(self) -> Monitor:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _value: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._end()
        self._folder.cleanup()

    def settled(self) -> None:
        """What came was a report, so that the next restart need not wait long."""
        self._backoff = _FIRST_BACKOFF_SECONDS

    def lines(self) -> Iterator[bytes]:
        """Lines, over all restarts, without end; raises `MonitorError` if it cannot be started."""
        while True:
            yield from self._one_run()
            log.warning("%s is started again in %.0f s", COMMAND, self._backoff)
            time.sleep(self._backoff)
            self._backoff = min(self._backoff * 2, _LONGEST_BACKOFF_SECONDS)

    def _one_run(self) -> Iterator[bytes]:
        try:
            self._process = subprocess.Popen(
                [COMMAND, "-c", str(self._configuration())], stdout=subprocess.PIPE
            )
        except OSError as error:
            raise MonitorError(f"{COMMAND} cannot be started: {error}") from error
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        pending = bytearray()
        while True:
            readable, _, _ = select.select([descriptor], [], [], self._silence)
            if not readable:
                log.warning("%s said nothing for %.0f s", COMMAND, self._silence)
                break
            chunk = os.read(descriptor, 2**16)
            if not chunk:
                log.warning("%s ended with status %s", COMMAND, self._process.wait())
                break
            pending += chunk
            *whole, rest = pending.split(b"\n")
            pending = rest
            for line in whole:
                yield bytes(line)
            if len(pending) > LONGEST_LINE:
                log.warning("%s wrote a line of more than %d bytes", COMMAND, LONGEST_LINE)
                break
        self._end()

    def _configuration(self) -> Path:
        """The groups that are read, at the period of the metrics: one line is one publication."""
        groups = ("neuroncore_counters", "memory_used", "execution_stats")
        path = Path(self._folder.name) / "monitor.json"
        path.write_text(
            json.dumps(
                {
                    "period": f"{self._period}s",
                    "neuron_runtimes": [
                        {"tag_filter": ".*", "metrics": [{"type": group} for group in groups]}
                    ],
                    "system_metrics": [{"type": "memory_info"}],
                }
            )
        )
        return path

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_SECONDS)
        if process.poll() is None:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()
