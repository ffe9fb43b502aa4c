"""The daemon as a process, with a scripted ``neuron-monitor`` and a CloudWatch that remembers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.container.neuron_metrics.reports import line, runtime

ROOT = Path(__file__).resolve().parents[3]
FAKE = Path(__file__).with_name("fake_monitor.py")
BUSY = {"line": line(runtime({0: 80, 1: 60, 2: 0, 3: 0}))}
IDLE = {"line": line()}
FOREVER = {"sleep": 600}


@dataclass(frozen=True)
class CloudWatch:
    """An empty CloudWatch at ``url``."""

    url: str
    client: Any

    def average(self, dimension: str, value: str) -> list[float]:
        """Averages of the utilisation, minute by minute."""
        now = time.time()
        found = self.client.get_metric_statistics(
            Namespace="NeuronFleet",
            MetricName="NeuronCoreUtilization",
            Dimensions=[
                {"Name": "ClusterName", "Value": "fleet"},
                {"Name": dimension, "Value": value},
            ],
            StartTime=now - 3600,
            EndTime=now + 60,
            Period=3600,
            Statistics=["Average"],
        )
        return [point["Average"] for point in found["Datapoints"]]

    def metrics(self) -> set[tuple[str, str]]:
        """Every metric there is, with its second dimension."""
        found = self.client.list_metrics(Namespace="NeuronFleet")["Metrics"]
        return {(one["MetricName"], one["Dimensions"][1]["Value"]) for one in found}


@pytest.fixture(scope="module")
def moto_server() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield "http://127.0.0.1:{1}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture
def cloudwatch(moto_server: str) -> Iterator[CloudWatch]:
    session = boto3.session.Session(aws_access_key_id="test", aws_secret_access_key="test")
    client = session.client("cloudwatch", region_name="us-east-1", endpoint_url=moto_server)
    yield CloudWatch(moto_server, client)
    reset = urllib.request.Request(f"{moto_server}/moto-api/reset", method="POST")
    urllib.request.urlopen(reset).close()


class Daemon:
    """The process under test, and what its monitor recorded."""

    def __init__(self, folder: Path, url: str, script: list[list[dict[str, Any]]]) -> None:
        self.folder = folder
        monitor = folder / "neuron-monitor"
        monitor.write_text(f"#!{sys.executable}\n" + FAKE.read_text())
        monitor.chmod(0o755)
        (folder / "script.json").write_text(json.dumps(script))
        self.log = folder / "log.txt"
        self.environment = {
            "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT / "container" / "neuron_metrics"),
            "PYTHONUNBUFFERED": "1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_ENDPOINT_URL": url,
            "AWS_REGION": "us-east-1",
            "NO_PROXY": "127.0.0.1",
            "NEURON_METRICS_CLUSTER": "fleet",
            "NEURON_METRICS_POOL": "inf1",
            "NEURON_METRICS_OWNERS": '{"resnet": "0-3", "bert": "4-7"}',
            "NEURON_METRICS_PERIOD_SECONDS": "7",
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it with its output in ``log``."""
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "neuron_metrics"],
                env=self.environment,
                stdout=log,
                stderr=log,
                # its monitor must not outlive it, even when it is killed
                start_new_session=True,
            )

    def until(self, condition: Callable[[], Any], seconds: float = 20) -> Any:
        """What ``condition`` gives once that is true."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = condition()
            if found:
                return found
            time.sleep(0.05)
        raise AssertionError(f"not within {seconds} s; the log:\n{self.log.read_text()}")

    def says(self, text: str) -> bool:
        """Whether its log holds ``text``."""
        return text in self.log.read_text()

    def starts(self) -> list[dict[str, Any]]:
        """What the monitor recorded of its starts."""
        record = self.folder / "starts.jsonl"
        return (
            [json.loads(one) for one in record.read_text().splitlines()] if record.exists() else []
        )

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, float]:
        """Send the signal; exit status and seconds."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(10), time.monotonic() - began


Start = Callable[..., Daemon]


@pytest.fixture
def daemon(tmp_path: Path, cloudwatch: CloudWatch) -> Iterator[Start]:
    made: list[Daemon] = []

    def start(*script: list[dict[str, Any]], **environment: str) -> Daemon:
        made.append(Daemon(tmp_path, cloudwatch.url, list(script)))
        made[-1].environment.update(environment)
        made[-1].start()
        return made[-1]

    yield start
    for one in made:
        if one.process is not None and one.process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(one.process.pid, signal.SIGKILL)
            one.process.wait()


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_utilisation_arrives_by_service_and_by_pool(daemon: Start, cloudwatch: CloudWatch) -> None:
    running = daemon([BUSY, FOREVER])

    running.until(lambda: running.says("6 values published"))

    assert cloudwatch.average("ServiceName", "resnet") == [35.0]
    assert cloudwatch.average("PoolName", "inf1") == [35.0]
    assert cloudwatch.metrics() == {
        (metric, owner)
        for metric in ("NeuronCoreUtilization", "NeuronDeviceMemoryUsed", "NeuronExecutionErrors")
        for owner in ("resnet", "inf1")
    }


def test_monitor_is_told_the_period_and_the_groups_that_are_read(daemon: Start) -> None:
    running = daemon([FOREVER])

    (start,) = running.until(running.starts)

    assert start["configuration"]["period"] == "7s"
    (runtimes,) = start["configuration"]["neuron_runtimes"]
    assert [metric["type"] for metric in runtimes["metrics"]] == [
        "neuroncore_counters",
        "memory_used",
        "execution_stats",
    ]


def test_idle_host_publishes_nothing(daemon: Start, cloudwatch: CloudWatch) -> None:
    running = daemon([IDLE, {"line": "marker"}, FOREVER])

    running.until(lambda: running.says("line skipped, 1 so far: no JSON"))

    assert cloudwatch.metrics() == set()


def test_malformed_lines_are_counted_and_do_not_stop_what_follows(
    daemon: Start, cloudwatch: CloudWatch
) -> None:
    running = daemon([{"line": '{"neuron_runtime_data": ['}, {"line": "[]"}, BUSY, FOREVER])

    running.until(lambda: running.says("values published"))

    assert running.says("line skipped, 2 so far: no JSON object but list")
    assert cloudwatch.average("ServiceName", "resnet") == [35.0]


def test_monitor_that_dies_is_started_again(daemon: Start, cloudwatch: CloudWatch) -> None:
    running = daemon([{"exit": 3}], [BUSY, {"exit": 0}], [FOREVER])

    running.until(lambda: len(running.starts()) == 3)

    assert running.says("neuron-monitor ended with status 3")
    # the report between the two deaths puts the pause back to its first length
    assert running.log.read_text().count("is started again in 1 s") == 2
    assert cloudwatch.average("PoolName", "inf1") == [35.0]


def test_monitor_that_keeps_dying_is_started_ever_less_often(daemon: Start) -> None:
    running = daemon([{"exit": 1}])

    running.until(lambda: running.says("started again in 4 s"))

    assert running.says("started again in 1 s") and running.says("started again in 2 s")
    assert len(running.starts()) == 3


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_ends_within_a_second_and_takes_the_monitor_along(
    daemon: Start, number: int
) -> None:
    running = daemon([BUSY, FOREVER])
    running.until(lambda: running.says("values published"))
    (monitor,) = running.starts()

    status, seconds = running.stop(number)

    assert status == 0
    assert seconds < 1
    assert not alive(monitor["pid"])


def test_monitor_that_ignores_the_signal_is_killed_within_the_second(daemon: Start) -> None:
    running = daemon([{"ignore_sigterm": True}, BUSY, FOREVER])
    running.until(lambda: running.says("values published"))

    status, seconds = running.stop()

    assert (status, seconds < 1) == (0, True)
    assert not alive(running.starts()[0]["pid"])


def test_stop_does_not_wait_for_a_pause_between_restarts(daemon: Start) -> None:
    running = daemon([{"exit": 1}])
    running.until(lambda: running.says("started again in 4 s"))

    status, seconds = running.stop()

    assert (status, seconds < 1) == (0, True)


def test_stop_does_not_wait_for_a_cloudwatch_that_cannot_be_reached(daemon: Start) -> None:
    # a port that nobody listens on: botocore tries again with growing pauses
    running = daemon([BUSY, FOREVER], AWS_ENDPOINT_URL="http://127.0.0.1:9")
    running.until(lambda: running.says("publishing"))
    time.sleep(0.5)

    status, seconds = running.stop()

    assert (status, seconds < 1) == (0, True)


def test_refused_publication_is_logged_and_the_next_one_is_tried(daemon: Start) -> None:
    running = daemon(
        [BUSY, BUSY, FOREVER],
        AWS_ENDPOINT_URL="http://127.0.0.1:9",
    )

    running.until(lambda: running.log.read_text().count("6 values are lost") == 2, seconds=60)


def test_bad_environment_is_one_message_and_status_2(daemon: Start) -> None:
    running = daemon([FOREVER], NEURON_METRICS_POOL="", NEURON_METRICS_PERIOD_SECONDS="soon")

    assert running.process is not None
    assert running.process.wait(20) == 2

    said = running.log.read_text()
    assert "Traceback" not in said
    assert said.count("\n") == 1
    assert "NEURON_METRICS_POOL is required" in said
    assert "NEURON_METRICS_PERIOD_SECONDS must be a whole number of seconds" in said
    assert running.starts() == []


def test_image_without_a_monitor_is_one_message_and_status_1(daemon: Start) -> None:
    running = daemon([FOREVER], PATH="/nowhere")

    assert running.process is not None
    assert running.process.wait(20) == 1

    said = running.log.read_text()
    assert "neuron-monitor cannot be started" in said
    assert "Traceback" not in said
