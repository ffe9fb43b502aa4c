"""What becomes of a compile job, as Batch and the job itself tell it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Job:
    """How one job goes. ``causes`` are the attempts that failed, as the container's part of them.

    ``step`` and ``reason`` are what the job wrote down before it ended, if it could.
    """

    archive: bool = False
    causes: tuple[Mapping[str, Any], ...] = ()
    status_reason: str = "Essential container in task exited"
    step: str | None = None
    reason: str = ""
    error: str = "States.TaskFailed"
    text: str | None = None
    """Instead of Batch's description: what Step Functions gives as the cause."""

    @property
    def failed(self) -> bool:
        return not self.archive and (bool(self.causes) or self.text is not None)

    def cause(self, model: str) -> str:
        if self.text is not None:
            return self.text
        attempts = [
            {
                "Container": {"LogStreamName": f"tensorrt/default/{model}-{number}", **cause},
                "StatusReason": self.status_reason,
            }
            for number, cause in enumerate(self.causes, start=1)
        ]
        return json.dumps(
            {
                "JobId": "0123-4567",
                "JobName": model,
                "Status": "FAILED",
                "StatusReason": self.status_reason,
                "Attempts": attempts,
                "Container": attempts[-1]["Container"] if attempts else {},
            }
        )


HOST_LOST = "Host EC2 (instance i-0123456789abcdef0) terminated."
DONE = Job(archive=True)
NOTHING = Job()
COMPILER_ERROR = Job(
    causes=({"ExitCode": 3},), step="compile", reason="trtexec: Unsupported operator NonZero"
)
WRONG_ANSWER = Job(
    causes=({"ExitCode": 4},), step="verify", reason="cosine 0.31 is less than 0.999"
)
MISSING_WEIGHTS = Job(
    causes=({"ExitCode": 2},), step="fetch", reason="s3://sources/aa.onnx does not exist"
)
BAD_CHECKSUM = Job(
    causes=({"ExitCode": 2},), step="fetch", reason="1/x: SHA-256 should be aa, got bb"
)
FULL_DISK = Job(
    causes=({"ExitCode": 5},) * 4, step="assemble", reason="[Errno 28] No space left on device"
)
OUT_OF_MEMORY = Job(
    causes=({"ExitCode": 137, "Reason": "OutOfMemoryError: Container killed"},),
)
KILLED = Job(causes=({"ExitCode": 143},), status_reason="Terminated by someone")
SPOT_ONCE = Job(archive=True, causes=({},), status_reason=HOST_LOST)
SPOT_ALWAYS = Job(causes=({},) * 4, status_reason=HOST_LOST)
NO_IMAGE = Job(causes=({"Reason": "CannotPullContainerError: manifest unknown"},) * 4)
TOO_LONG = Job(causes=({"ExitCode": 137},), status_reason="Job attempt duration exceeded timeout")
NOT_SUBMITTED = Job(error="Batch.ClientException", text="JobDefinition x:1 is not active")
TIMED_OUT = Job(error="States.Timeout", text="")
CUT_CAUSE = Job(text='{"JobId":"0123","Attempts":[{"Conta')
