"""The part of Lambda's context object that handlers use.

Source: docs.aws.amazon.com/lambda/latest/dg/python-context.html
"""

from __future__ import annotations

from typing import Protocol


class LambdaContext(Protocol):
    """Time left and place of the log."""

    @property
    def log_group_name(self) -> str: ...

    @property
    def log_stream_name(self) -> str: ...

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends this call."""
        ...


def log_location(context: LambdaContext) -> str:
    """Where this call's log is, for people."""
    return f"log group {context.log_group_name}, stream {context.log_stream_name}"
