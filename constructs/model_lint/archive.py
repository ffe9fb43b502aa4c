"""An archive as the rules see it: its model directories, their configs, versions and backends."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from model_lint.backends import backend_of
from model_lint.config import LARGEST_CONFIG, Config, parse_config
from model_lint.positions import FieldPath
from model_lint.repository import Repository, RepositoryFile
from model_lint.rule import Finding, Rule

# How the SageMaker front end finds the ensemble, as text: `platform : "ensemble"` escapes it.
# https://github.com/triton-inference-server/server/blob/main/src/sagemaker_server.cc
ENSEMBLE_TEXT = re.compile(r'platform:\s*"ensemble"')
_VERSION = re.compile(r"[1-9][0-9]*|0")


@dataclass(frozen=True, kw_only=True)
class Model:
    """One top-level directory. ``files`` are keyed by their path below it."""

    directory: str
    files: Mapping[str, RepositoryFile]
    config: Config | None

    @property
    def message(self) -> Any | None:
        """The parsed config; None without one or when it does not parse."""
        return None if self.config is None else self.config.message

    @property
    def config_path(self) -> str:
        """Where the config is, or belongs."""
        return f"{self.directory}/config.pbtxt"

    @cached_property
    def versions(self) -> tuple[str, ...]:
        """The version folders that Triton sees: plain numbers, no leading zero."""
        folders = {path.partition("/")[0] for path in self.files if "/" in path}
        return tuple(sorted((name for name in folders if _VERSION.fullmatch(name)), key=int))

    @cached_property
    def backend(self) -> str | None:
        """``ensemble``, a backend's name, or None when the config does not say."""
        return None if self.message is None else backend_of(self.message)

    @property
    def is_ensemble(self) -> bool:
        """Whether Triton runs it as an ensemble."""
        return self.backend == "ensemble"

    @property
    def declares_tensors(self) -> bool:
        """Whether inputs and outputs are written down, not left to be completed at load."""
        return self.message is not None and bool(self.message.input and self.message.output)

    def finding(self, rule: Rule, message: str, *field_path: str | int) -> Finding:
        """A finding at a field of this config; fields given by name alone mean the first one."""
        place = None
        if self.config is not None and field_path:
            place = self.config.positions.at(_with_indices(field_path))
        line, column = (None, None) if place is None else place
        return Finding(rule=rule, path=self.config_path, message=message, line=line, column=column)

    def file_finding(self, rule: Rule, path: str, message: str) -> Finding:
        """A finding about a file below this directory."""
        return Finding(rule=rule, path=f"{self.directory}/{path}", message=message)


@dataclass(frozen=True, kw_only=True)
class Archive:
    """A repository with its directories taken apart."""

    repository: Repository
    models: Mapping[str, Model]
    root_files: tuple[str, ...] = field(default=())

    @cached_property
    def ensembles(self) -> tuple[Model, ...]:
        """The ensembles, by directory name."""
        return tuple(model for model in self.models.values() if model.is_ensemble)

    @cached_property
    def entry(self) -> Model | None:
        """The model that SageMaker calls; None when that is not clear or it does not parse."""
        if len(self.ensembles) == 1:
            return self.ensembles[0]
        only = [model for model in self.models.values() if model.config is not None]
        return only[0] if len(only) == 1 and only[0].message is not None else None

    def model(self, name: str) -> Model | None:
        """The model of that name; Triton's name for a model is its directory."""
        return self.models.get(name)


def open_archive(repository: Repository) -> Archive:
    """Take a repository apart and parse its configs; never raises for bad content."""
    below: dict[str, dict[str, RepositoryFile]] = {}
    root: list[str] = []
    for path in sorted(repository.files):
        directory, slash, rest = path.partition("/")
        if slash and rest and directory:
            below.setdefault(directory, {})[rest] = repository.files[path]
        else:
            root.append(path)
    models = {
        directory: Model(directory=directory, files=files, config=_config(files))
        for directory, files in below.items()
    }
    return Archive(repository=repository, models=models, root_files=tuple(root))


def _config(files: Mapping[str, RepositoryFile]) -> Config | None:
    file = files.get("config.pbtxt")
    if file is None:
        return None
    return parse_config(file.read(LARGEST_CONFIG) or b"")


def _with_indices(path: FieldPath) -> FieldPath:
    """``("ensemble_scheduling", "step", 2)`` -> ``("ensemble_scheduling", 0, "step", 2)``.

    A map's key follows its field's name directly and is marked by a leading ``=``.
    """
    whole: list[str | int] = []
    for part in path:
        if isinstance(part, str) and part.startswith("="):
            whole.append(part[1:])
            continue
        if isinstance(part, str) and len(whole) % 2 == 1:
            whole.append(0)
        whole.append(part)
    if len(whole) % 2 == 1:
        whole.append(0)
    return tuple(whole)
