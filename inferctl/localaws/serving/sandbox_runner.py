"""Runs the unpacked tritonserver in namespaces of its own, without Docker."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Mapping
from pathlib import Path

from inferctl.toolchain.tritonserver import TritonServer

from . import sandbox
from .agent import open_connection
from .processes import Process, descendants
from .runner import StartError
from .serve_flags import serve_arguments, serve_port

_SOCKET = "agent.sock"


def spawn(
    command: list[str], *, port: int, log: Path, work_dir: Path, environment: Mapping[str, str]
) -> subprocess.Popen[str]:
    """Starts ``command`` in a sandbox and returns once the sandbox stands; raises `StartError`."""
    launcher = [sys.executable, "-I", "-S", str(Path(sandbox.__file__))]
    process = subprocess.Popen(
        [*launcher, _SOCKET, str(port), str(log), *command],
        cwd=work_dir,
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    process.stdout.close()
    if line != "ready":
        _end(process)
        raise StartError(refusal(line or "the launcher ended"))
    return process


def refusal(reason: str) -> str:
    """Why a sandbox could not be made, and what an administrator can set."""
    return (
        f"this host does not allow the namespaces that keep tritonserver off the network"
        f" ({reason}); allow them with 'sysctl -w user.max_user_namespaces=10000', on Debian also"
        f" 'sysctl -w kernel.unprivileged_userns_clone=1', on Ubuntu 'sysctl -w"
        f" kernel.apparmor_restrict_unprivileged_userns=0'; in a container, allow unshare and mount"
    )


def sandbox_problem() -> str | None:
    """Why no sandbox can be made here, or None; takes some 50 ms."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            process = spawn(
                ["/bin/true"], port=0, log=Path(os.devnull), work_dir=Path(folder), environment={}
            )
        except StartError as error:
            return str(error)
        _end(process)
    return None


def _end(process: subprocess.Popen[str]) -> None:
    # The launcher's first process sees the closed input and ends, the kernel ends the rest of its
    # process namespace, and only then can the launcher be waited for: nothing outlives this.
    assert process.stdin is not None
    process.stdin.close()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class SandboxProcess:
    """A server in its sandbox."""

    def __init__(self, process: subprocess.Popen[str], agent_socket: Path) -> None:
        self._process = process
        self._agent_socket = agent_socket

    @property
    def pid(self) -> int:
        """The server's process number outside the sandbox, or the launcher's when it is gone."""
        for process in self.processes():
            if process.program == "tritonserver":
                return process.pid
        return self._process.pid

    @property
    def agent_socket(self) -> Path:
        return self._agent_socket

    def model_path(self, directory: Path) -> str:
        return str(directory)

    def connect(self, seconds: float) -> socket.socket:
        return open_connection(self._agent_socket, seconds=min(seconds, 5.0))

    def wait(self, seconds: float | None = None) -> bool:
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self) -> None:
        _end(self._process)

    def processes(self) -> list[Process]:
        return descendants(self._process.pid)


def host_packages() -> list[Path]:
    """The folders of this interpreter's packages, which models import."""
    paths = sysconfig.get_paths()
    return list(dict.fromkeys([Path(paths["purelib"]), Path(paths["platlib"])]))


def host_variables(work_dir: Path) -> dict[str, str]:
    """What the server's binary needs of its environment; ``work_dir`` is an assembled one."""
    return {
        "PATH": f"{work_dir / 'env/bin'}:{os.environ.get('PATH', os.defpath)}",
        "LD_LIBRARY_PATH": str(sysconfig.get_config_var("LIBDIR")),
        "LANG": "C.UTF-8",
        # it would write a device id into the home directory and try to report usage
        "ORT_DISABLE_TELEMETRY": "1",
    }


class SandboxRunner:
    """Starts the server binary; models see this interpreter's packages, and numpy 1."""

    def __init__(self, server: TritonServer) -> None:
        self._server = server

    def start(
        self, *, work_dir: Path, models_dir: Path, environment: Mapping[str, str]
    ) -> SandboxProcess:
        del models_dir  # the sandbox sees the host's files
        work_dir = work_dir.absolute()
        empty = work_dir / "empty"
        empty.mkdir(parents=True, exist_ok=True)
        self._server.assemble(work_dir, packages=host_packages())
        arguments = serve_arguments(
            environment, empty_repository=empty, backends=work_dir / "backends"
        )
        variables = {
            **host_variables(work_dir),
            "SAGEMAKER_MULTI_MODEL": "true",
            "SAGEMAKER_BIND_TO_PORT": str(serve_port(environment)),
            **environment,
        }
        process = spawn(
            [str(self._server.binary), *arguments],
            port=serve_port(environment),
            log=work_dir / "container.log",
            work_dir=work_dir,
            environment=variables,
        )
        return SandboxProcess(process, work_dir / _SOCKET)
