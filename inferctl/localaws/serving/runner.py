"""What starts a container, whichever way this host can."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from .processes import Process


class StartError(RuntimeError):
    """The container could not be started; the message is for people."""


class ContainerProcess(Protocol):
    """One started container."""

    @property
    def pid(self) -> int: ...

    @property
    def agent_socket(self) -> Path | None: ...

    def model_path(self, directory: Path) -> str:
        """How the container sees a directory below the models directory."""
        ...

    def connect(self, seconds: float) -> socket.socket: ...

    def wait(self, seconds: float | None = None) -> bool:
        """Whether it has ended, after waiting for that at most ``seconds``."""
        ...

    def stop(self) -> None:
        """Ends it and all its processes before returning; again is harmless."""
        ...

    def processes(self) -> list[Process]: ...


class ContainerRunner(Protocol):
    """Starts containers; ``start`` raises `StartError`."""

    def start(
        self, *, work_dir: Path, models_dir: Path, environment: Mapping[str, str]
    ) -> ContainerProcess: ...
