"""``python -m neuron_metrics``: exit status 0 told to stop, 1 no neuron-monitor, 2 bad settings."""

from __future__ import annotations

import logging
import os
import signal
import sys
from types import FrameType

from neuron_metrics.metrics import metric_data
from neuron_metrics.monitor import Monitor, MonitorError
from neuron_metrics.publish import cloudwatch_client, publish
from neuron_metrics.report import ReportError, parse_report
from neuron_metrics.settings import Settings, SettingsError, read_settings

log = logging.getLogger("neuron_metrics")


class StopRequestedError(BaseException):
    """SIGTERM or SIGINT; no ``except Exception`` on its way may hold it up."""


def main() -> int:
    """Run until told to stop."""
    logging.basicConfig(
        level=logging.INFO, stream=sys.stdout, format="%(asctime)s %(levelname)s %(message)s"
    )
    try:
        settings = read_settings(os.environ)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    try:
        with Monitor(settings.period_seconds) as monitor:
            _run(settings, monitor)
    except StopRequestedError:
        log.info("stopped")
        return 0
    except MonitorError as error:
        log.error("%s", error)
    return 1


def _run(settings: Settings, monitor: Monitor) -> None:
    client = cloudwatch_client(settings.region)
    log.info("publishing %s of %s", ", ".join(settings.owners) or "no service", settings.pool)
    skipped = 0
    for line in monitor.lines():
        try:
            report = parse_report(line)
        except ReportError as error:
            skipped += 1
            log.warning("line skipped, %d so far: %s", skipped, error)
            continue
        monitor.settled()
        for complaint in report.complaints:
            log.warning("neuron-monitor: %s", complaint)
        data = metric_data(report, settings)
        if data and publish(client, data):
            log.info("%d values published", len(data))


def _stop(_number: int, _frame: FrameType | None) -> None:
    # the first one is enough; a second must not cut the cleaning up short
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    raise StopRequestedError


if __name__ == "__main__":
    sys.exit(main())
