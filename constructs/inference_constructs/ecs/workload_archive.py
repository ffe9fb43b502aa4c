"""A model that a fleet publishes: one immutable archive, fetched before the server starts."""

from __future__ import annotations

import re
from dataclasses import dataclass

from accelerator_catalog import NEURON_CORES, NeuronInstance, core_version_of_target
from model_artifacts import artifact_key

from .workload_image import WorkloadImage
from .workload_model import generation_problem

MODEL_FOLDER = "/opt/ml/model"
"""Where the archive lies in every container of the task that mounts it."""


@dataclass(frozen=True, kw_only=True)
class ModelArchive:
    """``bucket``, ``prefix``: of the model store; ``name``, ``digest``: as its manifest has them.

    ``key_arn``: the store's KMS key.
    ``compiled_for``: the target of the compiler, as in ``ModelSource``.
    ``served_path``: what of the archive a server is pointed at, such as ``yolov4``, the folder of
    its versions; the whole of it without.
    ``fetch_seconds``: how long the download may take before the task is given up.
    ``image``: of the container that fetches; without it, ``container/model_fetch`` is built.
    """

    name: str
    digest: str
    bucket: str
    prefix: str
    key_arn: str
    compiled_for: str
    served_path: str = ""
    fetch_seconds: int = 300
    image: WorkloadImage | None = None

    def __post_init__(self) -> None:
        problems: list[str] = []
        if not re.fullmatch(r"[0-9a-f]{64}", self.digest):
            problems.append(f"digest must be 64 hexadecimal digits, got {self.digest!r}")
        if not self.prefix.endswith("/") or self.prefix.startswith("/"):
            problems.append(f"prefix must end, but not start, with '/', got {self.prefix!r}")
        if core_version_of_target(self.compiled_for) is None:
            targets = ", ".join(t for core in NEURON_CORES.values() for t in core.compile_targets)
            problems.append(f"compiled_for must be one of {targets}, got {self.compiled_for!r}")
        # It becomes part of a server's arguments.
        if not re.fullmatch(r"(\w[\w.-]*(/\w[\w.-]*)*)?", self.served_path, re.ASCII):
            problems.append(f"served_path must be a relative path, got {self.served_path!r}")
        if not 1 <= self.fetch_seconds <= 3_600:
            problems.append(f"fetch_seconds must be 1 to 3600, got {self.fetch_seconds}")
        if problems:
            raise ValueError("invalid ModelArchive: " + "; ".join(problems))

    @property
    def key(self) -> str:
        """The archive in the bucket; never written twice."""
        return f"{self.prefix}{artifact_key(self.name, self.digest)}"

    @property
    def uri(self) -> str:
        """``s3://bucket/key``."""
        return f"s3://{self.bucket}/{self.key}"

    @property
    def server_path(self) -> str:
        """Where a server of the task finds the model."""
        return f"{MODEL_FOLDER}/{self.served_path}".rstrip("/")

    def problem_on(self, instance: NeuronInstance) -> str | None:
        """Why the artifact does not run on ``instance``; None where it does."""
        return generation_problem(f"model {self.name}", self.compiled_for, instance)
