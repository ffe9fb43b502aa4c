"""What a compile job and those who submit it agree on; imports nothing of ours."""

from typing import Final, NotRequired, TypedDict

BUCKET_VARIABLE: Final = "MODEL_COMPILER_BUCKET"
PREFIX_VARIABLE: Final = "MODEL_COMPILER_PREFIX"
SOURCE_BUCKET_VARIABLE: Final = "MODEL_COMPILER_SOURCE_BUCKET"
MANIFEST_KEY_VARIABLE: Final = "MODEL_COMPILER_MANIFEST_KEY"
MANIFEST_DIGEST_VARIABLE: Final = "MODEL_COMPILER_MANIFEST_DIGEST"
SOURCE_PACK_KEY_VARIABLE: Final = "MODEL_COMPILER_SOURCE_PACK_KEY"
MODEL_VARIABLE: Final = "MODEL_COMPILER_MODEL"
DIGEST_VARIABLE: Final = "MODEL_COMPILER_DIGEST"
WORK_PREFIX_VARIABLE: Final = "MODEL_COMPILER_WORK_PREFIX"
TIMEOUT_VARIABLE: Final = "MODEL_COMPILER_TIMEOUT_SECONDS"
"""Optional: how long the compiler may run; less than the job's own time-out, to say why it ended"""
PYTHON_VARIABLE: Final = "MODEL_COMPILER_ENGINE_PYTHON"
"""Set by the image: the Python that has the vendor's SDK."""

RECORD_NAME: Final = "work/execution.json"
"""Below the prefix, while there is a fleet: written before any job starts, deleted before archives.
"""

DEFAULT_TIMEOUT_SECONDS: Final = 3000

DONE: Final = 0
BAD_INPUT: Final = 2
COMPILER_FAILED: Final = 3
VERIFICATION_FAILED: Final = 4
INFRASTRUCTURE: Final = 5
"""The only status after which the same job may well succeed."""


class JobFailure(TypedDict):
    """``<work prefix>failures/<model>.json``."""

    model: str
    step: str
    reason: str
    log: str


class OutputComparison(TypedDict):
    """One output of the compiled file beside the uncompiled one's."""

    name: str
    max_absolute_error: float
    cosine: float


class VerificationReport(TypedDict):
    """``method``: ``executed``, the compiled file ran; ``emulated``, the uncompiled one ran with
    the compiler's number format; ``inspected``, nothing here could run it, its parts were checked.
    """

    method: str
    max_absolute_error: float | None
    cosine: float | None
    outputs: list[OutputComparison]


class OperatorReport(TypedDict):
    """Operators by kind; ``share`` of them is on the accelerator, None where that has no sense."""

    before: dict[str, int]
    after: dict[str, int]
    share: float | None


class SizeReport(TypedDict):
    """Bytes."""

    input: int
    output: int
    archive: int


class CompileReport(TypedDict):
    """``<prefix>reports/<model>/<digest16>.json``."""

    version: int
    model: str
    digest: str
    key: str
    engine: str
    target: str
    compiler_image: str | None
    serving_image: str
    versions: dict[str, str]
    seconds: dict[str, float]
    """By step; ``compile`` is the compiler's own time, ``run`` that of the comparison."""
    peak_memory_bytes: int
    sizes: SizeReport
    operators: NotRequired[OperatorReport]
    verification: VerificationReport
    finished: str
    """UTC, ISO 8601."""


def report_key(model: str, digest: str) -> str:
    """Where a report lies, relative to the fleet's prefix."""
    return f"reports/{model}/{digest[:16]}.json"


def failure_key(model: str) -> str:
    """Where a failure lies, relative to the work prefix."""
    return f"failures/{model}.json"
