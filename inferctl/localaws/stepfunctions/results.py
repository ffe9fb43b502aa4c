"""What the children of a Distributed Map leave: its output, or files in S3.

Source: docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
"""

from __future__ import annotations

import json
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any

from .batching import MOST_INPUT_BYTES

_SPOOL_BYTES = 1 << 20


class TooLargeError(ValueError):
    """The outputs together are more than a state may return."""


@dataclass(frozen=True, kw_only=True)
class ChildResult:
    """One child execution; ``status`` is SUCCEEDED, FAILED, TIMED_OUT or ABORTED."""

    index: int
    arn: str
    name: str
    machine_arn: str
    input: Any
    started: str
    stopped: str
    status: str
    output: Any = None
    error: str | None = None
    cause: str | None = None

    def document(self) -> dict[str, Any]:
        """The child in a result file; its input and output are text."""
        found: dict[str, Any] = {
            "ExecutionArn": self.arn,
            "Input": _text(self.input),
            "InputDetails": {"Included": True},
            "Name": self.name,
            "RedriveCount": 0,
            "StartDate": self.started,
            "StateMachineArn": self.machine_arn,
            "Status": self.status,
            "StopDate": self.stopped,
        }
        if self.status == "SUCCEEDED":
            found |= {"Output": _text(self.output), "OutputDetails": {"Included": True}}
        if self.error is not None:
            found["Error"] = self.error
        if self.cause is not None:
            found["Cause"] = self.cause
        return found


class Outputs:
    """The outputs in the order of the items; a child that failed within tolerance leaves null."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._outputs: dict[int, Any] = {}
        self._bytes = 2

    def add(self, child: ChildResult) -> None:
        """Keep what a child returned, as long as it can be returned at all."""
        output = child.output if child.status == "SUCCEEDED" else None
        with self._lock:
            self._bytes += len(_text(output).encode()) + 1
            if self._bytes > MOST_INPUT_BYTES:
                self._outputs.clear()
            else:
                self._outputs[child.index] = output

    def value(self) -> list[Any]:
        """The state's result; raises `TooLargeError`."""
        if self._bytes > MOST_INPUT_BYTES:
            raise TooLargeError
        return [self._outputs[index] for index in sorted(self._outputs)]


class ResultFiles:
    """The files of a ``ResultWriter``; beyond a MiB they are held on disk."""

    def __init__(self, map_run_arn: str) -> None:
        self._arn = map_run_arn
        self._lock = threading.Lock()
        self._files: dict[str, IO[bytes]] = {}

    def add(self, child: ChildResult) -> None:
        """Append a child to the file of its status."""
        kind = "SUCCEEDED" if child.status == "SUCCEEDED" else "FAILED"
        line = json.dumps(child.document()).encode()
        with self._lock:
            if kind not in self._files:
                self._files[kind] = tempfile.SpooledTemporaryFile(_SPOOL_BYTES)  # noqa: SIM115
                self._files[kind].write(b"[" + line)
            else:
                self._files[kind].write(b",\n" + line)

    def value(self) -> ResultFiles:
        """The state's result is told by `write`, once bucket and prefix are known."""
        return self

    def write(self, s3: Any, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Upload the files and their manifest; what the state returns."""
        bucket, prefix = parameters["Bucket"], parameters.get("Prefix", "")
        folder = f"{prefix}{'/' if prefix and not prefix.endswith('/') else ''}"
        folder += self._arn.rpartition(":")[2]
        listed: dict[str, list[dict[str, Any]]] = {"FAILED": [], "PENDING": [], "SUCCEEDED": []}
        for kind, file in self._files.items():
            file.write(b"]")
            size = file.tell()
            file.seek(0)
            key = f"{folder}/{kind}_0.json"
            s3.put_object(Bucket=bucket, Key=key, Body=file.read())
            file.close()
            listed[kind].append({"Key": key, "Size": size})
        manifest = {
            "DestinationBucket": bucket,
            "MapRunArn": self._arn,
            "ResultFiles": listed,
        }
        key = f"{folder}/manifest.json"
        s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(manifest, indent=2).encode())
        details = {"Bucket": bucket, "Key": key}
        return {"MapRunArn": self._arn, "ResultWriterDetails": details}


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
