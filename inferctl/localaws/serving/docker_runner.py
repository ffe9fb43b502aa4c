"""Runs the Triton container where Docker answers: macOS, ARM, or an old C library.

Written against Docker's documented command line and tested with a stand-in for the ``docker``
program; it was not run on a machine with a Docker daemon.
"""

from __future__ import annotations

import os
import socket
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from .processes import Process
from .runner import StartError
from .serve_flags import serve_arguments, serve_port

IMAGE = "accelerated-inference/triton-laptop"
_MODELS = PurePosixPath("/opt/ml/models")


def _docker(*arguments: str, seconds: float) -> str:
    command = ["docker", *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StartError(f"'docker {arguments[0]}' failed: {error}") from error
    if done.returncode != 0:
        last = (done.stderr.strip() or done.stdout.strip() or "no output").splitlines()[-1]
        raise StartError(f"'docker {arguments[0]}' failed: {last}")
    return done.stdout.strip()


def docker_problem() -> str | None:
    """Why Docker cannot be used here, or None."""
    try:
        _docker("info", "--format", "{{.ServerVersion}}", seconds=20)
    except StartError as error:
        return f"Docker is not running either ({error})"
    return None


class DockerProcess:
    """One container, reached through a port that is published on 127.0.0.1 only."""

    agent_socket: Path | None = None

    def __init__(self, container: str, *, models_dir: Path, port: int, log: Path) -> None:
        self._container = container
        self._models_dir = models_dir.absolute()
        self._port = port
        with log.open("ab") as output:
            # ends with the container, so waiting for it is waiting for the container
            self._follower = subprocess.Popen(
                ["docker", "logs", "--follow", container],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def pid(self) -> int:
        return int(
            _docker("inspect", "--format", "{{.State.Pid}}", self._container, seconds=20) or 0
        )

    def model_path(self, directory: Path) -> str:
        return str(_MODELS / directory.absolute().relative_to(self._models_dir).as_posix())

    def connect(self, seconds: float) -> socket.socket:
        sock = socket.create_connection(("127.0.0.1", self._port), timeout=seconds)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock

    def wait(self, seconds: float | None = None) -> bool:
        try:
            self._follower.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self) -> None:
        try:
            _docker("rm", "--force", "--volumes", self._container, seconds=60)
        except StartError as error:
            # --rm may have been faster
            if "No such container" not in str(error):
                raise
        if not self.wait(10):
            self._follower.kill()
            self._follower.wait()

    def processes(self) -> list[Process]:
        """None are visible: with Docker on macOS they live in a virtual machine."""
        return []


class DockerRunner:
    """Builds the image once, then starts containers of it."""

    def __init__(self, *, context: Path) -> None:
        self._context = context

    def start(
        self, *, work_dir: Path, models_dir: Path, environment: Mapping[str, str]
    ) -> DockerProcess:
        work_dir.mkdir(parents=True, exist_ok=True)
        _docker("build", "--tag", IMAGE, str(self._context), seconds=3600)
        inner = serve_port(environment)
        variables = {"SAGEMAKER_MULTI_MODEL": "true", **environment}
        container = f"triton-laptop-{uuid.uuid4().hex[:12]}"
        arguments = ["run", "--detach", "--rm", "--name", container, "--init"]
        arguments += ["--publish", f"127.0.0.1::{inner}", "--shm-size", "1g"]
        arguments += ["--user", f"{os.getuid()}:{os.getgid()}"]
        arguments += ["--volume", f"{models_dir.absolute()}:{_MODELS}:ro"]
        for name, value in variables.items():
            arguments += ["--env", f"{name}={value}"]
        arguments += [IMAGE, "tritonserver"]
        arguments += serve_arguments(
            environment,
            empty_repository=Path("/tmp/sagemaker"),
            backends=Path("/opt/tritonserver/backends"),
        )
        _docker(*arguments, seconds=120)
        published = _docker("port", container, f"{inner}/tcp", seconds=20)
        address, _, port = published.splitlines()[0].rpartition(":")
        if address != "127.0.0.1":
            _docker("rm", "--force", container, seconds=60)
            raise StartError(f"Docker published the container on {address}, not on 127.0.0.1")
        return DockerProcess(
            container, models_dir=models_dir, port=int(port), log=work_dir / "container.log"
        )
