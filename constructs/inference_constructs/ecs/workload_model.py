"""Where a workload finds its model in S3, and what the model is compiled for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aws_cdk import Token

from accelerator_catalog import NEURON_CORES, NeuronInstance, core_version_of_target

_SCHEME = "s3://"


@dataclass(frozen=True, kw_only=True)
class ModelSource:
    """``uri``: ``s3://bucket/prefix``; tasks may read and list what is below, and nothing else.

    ``compiled_for``: the target of the compiler, such as inf1, inf2 or trn1. An artifact runs on
    one generation of NeuronCores only.
    ``key_arn``: the KMS key of the bucket; without it, tasks may decrypt nothing.
    """

    uri: str
    compiled_for: str
    key_arn: str | None = None

    def __post_init__(self) -> None:
        problems: list[str] = []
        if not self.uri.startswith(_SCHEME):
            problems.append(f"uri must start with '{_SCHEME}', got {self.uri!r}")
        elif not self.prefix.strip("/"):
            problems.append(
                f"uri must name a prefix below the bucket (tasks may read all of it),"
                f" got {self.uri!r}"
            )
        elif not Token.is_unresolved(self.bucket) and not re.fullmatch(
            r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", self.bucket
        ):
            problems.append(f"uri must name a bucket, got {self.bucket!r} in {self.uri!r}")
        # The first three mean something in a policy, and quotes in a start command.
        if (
            not problems
            and not Token.is_unresolved(self.prefix)
            and re.search(r"[*?$'\"\\\s]|//", self.prefix)
        ):
            problems.append(
                "uri must hold no '*', '?', '$', quote, backslash, space or empty folder, got"
                f" {self.uri!r}"
            )
        if core_version_of_target(self.compiled_for) is None:
            targets = ", ".join(t for core in NEURON_CORES.values() for t in core.compile_targets)
            problems.append(f"compiled_for must be one of {targets}, got {self.compiled_for!r}")
        if problems:
            raise ValueError("invalid ModelSource: " + "; ".join(problems))

    @property
    def bucket(self) -> str:
        """The bucket's name."""
        return self.uri.removeprefix(_SCHEME).partition("/")[0]

    @property
    def prefix(self) -> str:
        """What the keys of the model start with, ending in ``/``."""
        return self.uri.removeprefix(_SCHEME).partition("/")[2].rstrip("/") + "/"

    @property
    def folder_uri(self) -> str:
        """``uri`` ending in one ``/``."""
        return f"{_SCHEME}{self.bucket}/{self.prefix}"

    @property
    def server_path(self) -> str:
        """Where a server that reads S3 itself finds the model."""
        return self.folder_uri

    def problem_on(self, instance: NeuronInstance) -> str | None:
        """Why the artifact does not run on ``instance``; None where it does."""
        return generation_problem(f"model {self.uri}", self.compiled_for, instance)


def generation_problem(model: str, compiled_for: str, instance: NeuronInstance) -> str | None:
    """Why what is compiled for that target does not run on ``instance``; None where it does."""
    version = core_version_of_target(compiled_for)
    if version == instance.core_version:
        return None
    targets = " or ".join(NEURON_CORES[instance.core_version].compile_targets)
    return (
        f"{model} is compiled for {compiled_for} (NeuronCore-v{version}) and does not run on"
        f" {instance.name} (NeuronCore-v{instance.core_version}); compile it for {targets}"
    )
