"""The types that fields of ``model.yaml`` are made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from model_folders.paths import path_problem


def _relative_path(value: str) -> str:
    problem = path_problem(value)
    if problem is not None:
        raise ValueError(problem)
    return value


def _dimension(value: int) -> int:
    if value != -1 and value < 1:
        raise ValueError("must be a positive integer, or -1 for a free dimension (correct it)")
    return value


def _one_line(value: str) -> str:
    if not value.strip() or "\n" in value.strip():
        raise ValueError("must be one line of text (write a few words)")
    return value.strip()


RelativePath = Annotated[str, AfterValidator(_relative_path)]
Line = Annotated[str, AfterValidator(_one_line)]
Dimension = Annotated[int, Field(strict=True), AfterValidator(_dimension)]
Positive = Annotated[int, Field(strict=True, ge=1)]


class Strict(BaseModel):
    """Refuses unknown keys and numbers that are not finite; never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
