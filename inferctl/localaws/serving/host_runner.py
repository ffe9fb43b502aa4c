"""Decides how this host can run a container: the binary in a sandbox, Docker, or not at all."""

from __future__ import annotations

from pathlib import Path

from inferctl.toolchain.tritonserver import Unavailable, availability, install, missing_libpython
from inferctl.toolchain.wheels import Progress, ToolchainError, silent

from .docker_runner import DockerRunner, docker_problem
from .runner import ContainerRunner, StartError
from .sandbox_runner import SandboxRunner, sandbox_problem

_REPOSITORY = Path(__file__).resolve().parents[3]
CACHE = _REPOSITORY / ".cache"


def binary_problem() -> str | None:
    """Why the unpacked binary cannot serve on this host, or None."""
    found = availability()
    if isinstance(found, Unavailable):
        return found.reason
    return missing_libpython() or sandbox_problem()


def choose_runner(*, progress: Progress = silent) -> ContainerRunner:
    """The best runner there is, with the binary fetched; `StartError` when there is none."""
    problem = binary_problem()
    if problem is None:
        try:
            server = install(CACHE / "tritonserver", wheels=CACHE / "wheels", progress=progress)
        except ToolchainError as error:
            raise StartError(str(error)) from error
        return SandboxRunner(server)
    no_docker = docker_problem()
    if no_docker is None:
        return DockerRunner(context=_REPOSITORY / "container/triton_laptop")
    raise StartError(f"{problem}; and {no_docker}")
