"""A bucket in process, and the start-up code as a process with a server that records."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

ROOT = Path(__file__).resolve().parents[3]
START = ROOT / "container" / "tf_serving_start"


@dataclass(frozen=True)
class Bucket:
    """The empty bucket ``artifacts`` at ``url``."""

    url: str
    client: Any

    def put(self, key: str, body: bytes) -> str:
        """Store ``body``; its URI."""
        self.client.put_object(Bucket="artifacts", Key=key, Body=body)
        return f"s3://artifacts/{key}"


@pytest.fixture(scope="session")
def moto_server() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield "http://127.0.0.1:{1}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture
def bucket(moto_server: str) -> Iterator[Bucket]:
    session = boto3.session.Session(aws_access_key_id="test", aws_secret_access_key="test")
    client = session.client("s3", region_name="us-east-1", endpoint_url=moto_server)
    client.create_bucket(Bucket="artifacts")
    yield Bucket(moto_server, client)
    reset = urllib.request.Request(f"{moto_server}/moto-api/reset", method="POST")
    urllib.request.urlopen(reset).close()


@dataclass
class Container:
    """One container: its environment, its disk and its process."""

    folder: Path
    environment: dict[str, str]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def version(self) -> Path:
        """Where the server finds the model."""
        return self.folder / "models" / "resnet" / "1"

    @property
    def log(self) -> str:
        """All that its processes wrote."""
        path = self.folder / "log.txt"
        return path.read_text() if path.exists() else ""

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start it; ``environment`` comes on top, and a name with "" is as good as unset."""
        with (self.folder / "log.txt").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "tf_serving_start", *arguments],
                env={**self.environment, **environment},
                stdout=log,
                stderr=log,
            )
        self.processes.append(process)
        return process

    def run(self, *arguments: str, **environment: str) -> int:
        """Start it and wait; its exit status."""
        return self.start(*arguments, **environment).wait(30)

    def served(self) -> list[dict[str, Any]]:
        """What each start of the server recorded."""
        record = self.folder / "served.jsonl"
        return [json.loads(x) for x in record.read_text().splitlines()] if record.exists() else []

    def left(self) -> list[str]:
        """What lies in the model's folder beside the version and the lock."""
        names = {path.name for path in self.version.parent.glob("*")}
        return sorted(names - {"1", ".lock"})

    def until(self, condition: Callable[[], Any], seconds: float = 20) -> Any:
        """What ``condition`` gives once that is true."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = condition()
            if found:
                return found
            time.sleep(0.02)
        raise AssertionError(f"not within {seconds} s; the log:\n{self.log}")


@pytest.fixture
def container(tmp_path: Path, moto_server: str) -> Iterator[Container]:
    server = tmp_path / "bin" / "tensorflow_model_server"
    server.parent.mkdir()
    server.write_text(
        f"#!{sys.executable}\n" + Path(__file__).with_name("fake_server.py").read_text()
    )
    server.chmod(0o755)
    made = Container(
        tmp_path,
        {
            "PATH": f"{server.parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join([str(START), str(ROOT / "lambda")]),
            "HOME": str(tmp_path),
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_ENDPOINT_URL": moto_server,
            "AWS_REGION": "us-east-1",
            "NO_PROXY": "127.0.0.1",
            "MODEL_SERVER": "tensorflow_model_server",
            "MODEL_NAME": "resnet",
            "MODEL_BASE_PATH": str(tmp_path / "models"),
            "GRPC_PORT": "8500",
            "REST_PORT": "8501",
            "FAKE_RECORD": str(tmp_path / "served.jsonl"),
        },
    )
    yield made
    for process in made.processes:
        if process.poll() is None:
            process.kill()
            process.wait()
