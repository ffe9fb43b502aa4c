"""One call of one model, as its caller saw it."""

from __future__ import annotations

from dataclasses import dataclass

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Dimension.html
_LONGEST_NAME = 1024
# A word has no need of more, and 100 of them share a line with a limit of 1 MB:
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
LONGEST_ERROR = 256
"""Characters."""
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html
_LARGEST_VALUE = 2.0**360


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
            f"{name} must be a number from 0 to 2 to the power of 360, got {number!r}"
            for name, number in (
                ("milliseconds", self.milliseconds),
                ("request_bytes", self.request_bytes),
                ("response_bytes", self.response_bytes),
            )
            if number is not None and not 0 <= number <= _LARGEST_VALUE
        ]
        if self.error is not None and not 0 < len(self.error) <= LONGEST_ERROR:
            problems.append(
                f"error must be a word of 1 to {LONGEST_ERROR} characters, got"
                f" {len(self.error)} characters"
            )
        if problems:
            raise ValueError("invalid ModelCall: " + "; ".join(problems))
