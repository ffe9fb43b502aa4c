"""The job's environment, read once and checked whole."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from model_compiler import contract
from model_compiler.errors import InputError

_DIGEST = re.compile(r"[0-9a-f]{64}")
_LONGEST_TIMEOUT_SECONDS = 86_400


@dataclass(frozen=True, kw_only=True)
class Settings:
    """``prefix`` and ``work_prefix`` end with ``/``; both lie in ``bucket``."""

    bucket: str
    prefix: str
    source_bucket: str
    manifest_key: str
    manifest_digest: str
    source_pack_key: str
    model: str
    digest: str
    work_prefix: str
    timeout_seconds: int


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings; raises `InputError` with everything that is wrong."""
    problems: list[str] = []

    def text(variable: str) -> str:
        value = environment.get(variable, "")
        if not value:
            problems.append(f"{variable} is required")
        return value

    def folder(variable: str) -> str:
        value = text(variable)
        if value and (not value.endswith("/") or value.startswith("/")):
            problems.append(f"{variable} must end with '/' and not begin with it, got {value!r}")
        return value

    def digest(variable: str) -> str:
        value = text(variable)
        if value and not _DIGEST.fullmatch(value):
            problems.append(f"{variable} must be 64 lower-case hexadecimal digits, got {value!r}")
        return value

    settings = Settings(
        bucket=text(contract.BUCKET_VARIABLE),
        prefix=folder(contract.PREFIX_VARIABLE),
        source_bucket=text(contract.SOURCE_BUCKET_VARIABLE),
        manifest_key=text(contract.MANIFEST_KEY_VARIABLE),
        manifest_digest=digest(contract.MANIFEST_DIGEST_VARIABLE),
        source_pack_key=text(contract.SOURCE_PACK_KEY_VARIABLE),
        model=text(contract.MODEL_VARIABLE),
        digest=digest(contract.DIGEST_VARIABLE),
        work_prefix=folder(contract.WORK_PREFIX_VARIABLE),
        timeout_seconds=_timeout(environment.get(contract.TIMEOUT_VARIABLE), problems),
    )
    if problems:
        raise InputError("; ".join(problems))
    return settings


def _timeout(value: str | None, problems: list[str]) -> int:
    if value is None:
        return contract.DEFAULT_TIMEOUT_SECONDS
    if not re.fullmatch(r"[0-9]{1,9}", value) or not 1 <= int(value) <= _LONGEST_TIMEOUT_SECONDS:
        problems.append(
            f"{contract.TIMEOUT_VARIABLE} must be a whole number of seconds from 1 to"
            f" {_LONGEST_TIMEOUT_SECONDS}, got {value!r}"
        )
        return contract.DEFAULT_TIMEOUT_SECONDS
    return int(value)
