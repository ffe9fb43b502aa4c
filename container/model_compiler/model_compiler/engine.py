"""The small protocol between the job and an engine; a vendor's SDK is known to its engine only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from model_compiler.contract import OperatorReport
from model_compiler.processes import Processes
from model_compiler.tensors import Array


@dataclass(frozen=True, kw_only=True)
class Work:
    """What an engine is to compile.

    ``sources`` holds the model's files, ``outputs`` takes what is made, by path in the archive;
    ``scratch`` is empty and thrown away. ``inputs`` are the golden ones.
    """

    recipe: Mapping[str, Any]
    target: str
    serving_image: str
    shapes: Mapping[str, Any]
    sources: Path
    outputs: Path
    scratch: Path
    inputs: Mapping[str, Array]
    processes: Processes

    @property
    def input(self) -> Path:
        """The file to compile."""
        return self.sources / str(self.recipe["input"])

    @property
    def output(self) -> Path:
        """Where the compiled file belongs; its folder exists."""
        return self.outputs / str(self.recipe["output"])


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What an engine made of it.

    ``expected`` and ``got`` are the outputs of the uncompiled and of the compiled file, None where
    this machine cannot run them. ``method`` is that of ``VerificationReport``.
    """

    versions: Mapping[str, str]
    compile_seconds: float
    method: str
    expected: Mapping[str, Array] | None
    got: Mapping[str, Array] | None
    operators: OperatorReport | None = field(default=None)


class Engine(Protocol):
    """Raises `InputError`, `CompilerError`, `VerificationError` and `InfrastructureError`."""

    def build_files(self, recipe: Mapping[str, Any]) -> tuple[str, ...]:
        """The files of the build that the archive leaves out."""
        ...

    def compile(self, work: Work) -> Outcome:
        """Write the compiled file and run it where that is possible."""
        ...
