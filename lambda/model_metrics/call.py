"""One call of one model, as its caller saw it."""

from __future__ import annotations

import math
from dataclasses import dataclass

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Dimension.html
_LONGEST_NAME = 1024


@dataclass(frozen=True, kw_only=True)
class ModelCall:
    """``model``: the model's name, not its TargetModel, which is another with every version.

    ``cold``: whether the model had to be loaded, None where the caller cannot tell.
    ``error``: a word for what went wrong, such as ``Timeout``; None where there was an answer.
    ValueError for what CloudWatch would drop without a word.
    """

    endpoint: str
    model: str
    milliseconds: float
    cold: bool | None = None
    request_bytes: int | None = None
    response_bytes: int | None = None
    error: str | None = None

    def __post_init__(self) -> None:
        problems = [
            f"{name} must be 1 to {_LONGEST_NAME} printable ASCII characters, got {value!r}"
            for name, value in (("endpoint", self.endpoint), ("model", self.model))
            if not (
                0 < len(value) <= _LONGEST_NAME
                and value.isascii()
                and value.isprintable()
                and value.strip()
                and not value.startswith(":")
            )
        ]
        problems += [
            f"{name} must be a number from 0, got {number!r}"
            for name, number in (
                ("milliseconds", self.milliseconds),
                ("request_bytes", self.request_bytes),
                ("response_bytes", self.response_bytes),
            )
            if number is not None and not (math.isfinite(number) and number >= 0)
        ]
        if problems:
            raise ValueError("invalid ModelCall: " + "; ".join(problems))
