"""The container's environment and arguments, read once and checked whole."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from model_artifacts.paths import MODEL_NAME_RULE, is_model_name
from tf_serving_start.contract import (
    DEFAULT_MODEL_BASE_PATH,
    GPU_MEMORY_FRACTION_VARIABLE,
    GRPC_PORT_VARIABLE,
    INTER_OP_VARIABLE,
    INTRA_OP_VARIABLE,
    MODEL_BASE_PATH_VARIABLE,
    MODEL_NAME_VARIABLE,
    MODEL_SHA256_VARIABLE,
    MODEL_URI_VARIABLE,
    MODEL_VERSION,
    REGION_VARIABLE,
    REST_PORT_VARIABLE,
    SERVER_VARIABLE,
)
from tf_serving_start.source import ModelSource, SourceKind, parse_source

# the health command and the clients rely on what these say
_SET_BY_VARIABLES = {
    "--port": GRPC_PORT_VARIABLE,
    "--rest_api_port": REST_PORT_VARIABLE,
    "--model_name": MODEL_NAME_VARIABLE,
    "--model_base_path": MODEL_BASE_PATH_VARIABLE,
    "--model_config_file": MODEL_NAME_VARIABLE,
}
_MOST_THREADS = 1024


class SettingsError(ValueError):
    """Settings that nothing can start with; the message names every problem."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("tf-serving cannot start: " + "; ".join(problems))
        self.problems = problems


@dataclass(frozen=True, kw_only=True)
class Settings:
    """``source`` is None where the image has the model; ``arguments`` follow the server's own."""

    model_name: str
    base_path: Path
    source: ModelSource | None
    region: str | None
    server: str
    grpc_port: int
    rest_port: int
    intra_op_threads: int | None
    inter_op_operations: int | None
    gpu_memory_fraction: str | None
    arguments: tuple[str, ...]

    @property
    def model_folder(self) -> Path:
        """What the server watches: versions lie in it."""
        return self.base_path / self.model_name


def read_settings(environment: Mapping[str, str], arguments: Sequence[str]) -> Settings:
    """The settings; raises `SettingsError` with everything that is wrong."""
    # an empty value is how a Dockerfile takes a variable of its base image back
    given = {name: value for name, value in environment.items() if value}
    problems: list[str] = []
    settings = Settings(
        model_name=_model_name(given, problems),
        base_path=_base_path(given, problems),
        source=_source(given, problems),
        region=_region(given, problems),
        server=_server(given, problems),
        grpc_port=_port(given, GRPC_PORT_VARIABLE, problems),
        rest_port=_port(given, REST_PORT_VARIABLE, problems),
        intra_op_threads=_threads(given, INTRA_OP_VARIABLE, problems),
        inter_op_operations=_threads(given, INTER_OP_VARIABLE, problems),
        gpu_memory_fraction=_fraction(given, problems),
        arguments=tuple(arguments),
    )
    if settings.grpc_port == settings.rest_port != 0:
        problems.append(
            f"{GRPC_PORT_VARIABLE} and {REST_PORT_VARIABLE} must differ, got {settings.grpc_port}"
            " for both"
        )
    for argument in arguments:
        flag = argument.partition("=")[0]
        if flag in _SET_BY_VARIABLES:
            problems.append(
                f"argument {argument!r} must not be given: set {_SET_BY_VARIABLES[flag]}"
            )
    if not problems:
        problems += _model_problems(settings, given)
    if problems:
        raise SettingsError(problems)
    return settings


def _model_name(given: Mapping[str, str], problems: list[str]) -> str:
    name = given.get(MODEL_NAME_VARIABLE)
    if name is None:
        problems.append(f"{MODEL_NAME_VARIABLE} is required")
    elif not is_model_name(name):
        problems.append(f"{MODEL_NAME_VARIABLE} must be {MODEL_NAME_RULE}, got {name!r}")
    return name or ""


def _base_path(given: Mapping[str, str], problems: list[str]) -> Path:
    path = Path(given.get(MODEL_BASE_PATH_VARIABLE, DEFAULT_MODEL_BASE_PATH))
    if not path.is_absolute():
        problems.append(f"{MODEL_BASE_PATH_VARIABLE} must be an absolute path, got {str(path)!r}")
    return path


def _source(given: Mapping[str, str], problems: list[str]) -> ModelSource | None:
    uri, sha256 = given.get(MODEL_URI_VARIABLE), given.get(MODEL_SHA256_VARIABLE)
    source = None
    if uri is not None:
        try:
            source = parse_source(uri)
        except ValueError as error:
            problems.append(f"{MODEL_URI_VARIABLE} {error}")
    if sha256 is None:
        return source
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        problems.append(
            f"{MODEL_SHA256_VARIABLE} must be 64 lower-case hexadecimal digits, got {sha256!r}"
        )
    if uri is None or (source is not None and source.kind is not SourceKind.ARCHIVE):
        problems.append(
            f"{MODEL_SHA256_VARIABLE} needs the {MODEL_URI_VARIABLE} of an archive, got {uri!r}"
        )
    return None if source is None else replace(source, sha256=sha256)


def _region(given: Mapping[str, str], problems: list[str]) -> str | None:
    region = given.get(REGION_VARIABLE)
    if region is None and MODEL_URI_VARIABLE in given:
        problems.append(f"{REGION_VARIABLE} is required with {MODEL_URI_VARIABLE}")
    elif region is not None and not re.fullmatch(r"[a-z]+(?:-[a-z]+)+-[0-9]+", region):
        problems.append(f"{REGION_VARIABLE} must be a region such as us-east-1, got {region!r}")
    return region


def _server(given: Mapping[str, str], problems: list[str]) -> str:
    name = given.get(SERVER_VARIABLE)
    if name is None:
        problems.append(f"{SERVER_VARIABLE} is required")
        return ""
    found = shutil.which(name, path=given.get("PATH"))
    if found is None:
        problems.append(f"{SERVER_VARIABLE} must be a program on PATH, got {name!r}")
    return found or ""


def _port(given: Mapping[str, str], variable: str, problems: list[str]) -> int:
    text = given.get(variable)
    if text is None:
        problems.append(f"{variable} is required")
    elif not re.fullmatch(r"[0-9]{1,5}", text) or not 1 <= int(text) <= 65535:
        problems.append(f"{variable} must be a port from 1 to 65535, got {text!r}")
    else:
        return int(text)
    return 0


def _threads(given: Mapping[str, str], variable: str, problems: list[str]) -> int | None:
    text = given.get(variable)
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,4}", text) or not 1 <= int(text) <= _MOST_THREADS:
        problems.append(f"{variable} must be a number from 1 to {_MOST_THREADS}, got {text!r}")
        return None
    return int(text)


def _fraction(given: Mapping[str, str], problems: list[str]) -> str | None:
    text = given.get(GPU_MEMORY_FRACTION_VARIABLE)
    if text is not None and not (
        re.fullmatch(r"(?:0?\.[0-9]{1,6}|1(?:\.0{1,6})?)", text) and float(text) > 0
    ):
        problems.append(
            f"{GPU_MEMORY_FRACTION_VARIABLE} must be more than 0 and at most 1, such as 0.45,"
            f" got {text!r}"
        )
    return text


def _model_problems(settings: Settings, given: Mapping[str, str]) -> list[str]:
    if MODEL_URI_VARIABLE in given or (settings.model_folder / MODEL_VERSION).is_dir():
        return []
    return [
        f"{MODEL_URI_VARIABLE} is required: no model lies in"
        f" {settings.model_folder / MODEL_VERSION}"
    ]
