"""Reads and checks a model folder."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import ValidationError

from model_artifacts.paths import MODEL_NAME_RULE, is_model_name
from model_folders.errors import ModelFileError, shown
from model_folders.explain import explain
from model_folders.folder import MODEL_FILE_NAME, Build, ModelFolder, builds_of
from model_folders.model_file import Golden, ModelFile
from model_folders.yaml_file import parse_yaml, read_yaml, syntax_problem


def load_model_folder(path: Path) -> ModelFolder:
    """The model folder at ``path``, whose last part is the model's name.

    Raises ModelFileError with every problem of the name and the model file.
    """
    problems: list[str] = []
    name = path.name or path.resolve().name
    if not is_model_name(name):
        problems.append(
            f"{path}: the folder's name must be {MODEL_NAME_RULE}, because it becomes part of an"
            f" S3 key and of TargetModel, got {shown(name)} (rename the folder)"
        )
    file = path / MODEL_FILE_NAME
    try:
        parsed, builds = _parse(read_yaml(file))
    except ValidationError as error:
        raise ModelFileError([*problems, *explain(file, error)]) from None
    except OSError as error:
        problems.append(
            f"{file}: must be a readable file, got {error.strerror} (create it, or check its mode)"
            if path.is_dir()
            else f"{path}: must be a folder with a {MODEL_FILE_NAME} (create it)"
        )
        raise ModelFileError(problems) from error
    except (yaml.YAMLError, ValueError) as error:
        raise ModelFileError([*problems, syntax_problem(file, error)]) from error
    problems.extend(_golden_problems(path, "golden", parsed.golden))
    for key, spec in parsed.builds.items():
        problems.extend(_golden_problems(path, f"builds.{key}.golden", spec.golden))
    if problems:
        raise ModelFileError(problems)
    return ModelFolder(name=name, path=path, file=parsed, builds=builds)


@lru_cache(maxsize=4096)
def _parse(body: bytes) -> tuple[ModelFile, Mapping[str, Build]]:
    """The typed file and its builds; equal texts, as a large fleet has many, are parsed once."""
    file = ModelFile.model_validate(parse_yaml(body))
    return file, builds_of(file)


def _golden_problems(path: Path, place: str, golden: Golden | None) -> list[str]:
    if golden is None:
        return []
    return [
        f"{path / MODEL_FILE_NAME}: {place}.{key} must be an existing file below {path},"
        f" got {value!r} (write it, or correct the path)"
        for key, value in (("request", golden.request), ("answer", golden.answer))
        if not (path / value).is_file()
    ]
