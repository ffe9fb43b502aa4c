"""What a function said, for people who read it in the log of the embedded AWS."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .function import FunctionSpec, Invocation

# CloudFormation names a function <stack>-<logical ID>-<12 random characters>; the CDK ends logical
# IDs with 8 hex digits
_GENERATED = re.compile(r".*-([A-Za-z0-9]+)-[A-Z0-9]{12}")
_HASH = re.compile(r"(?<=.)[0-9A-F]{8}$")
_OWN_LINES = ("START RequestId: ", "END RequestId: ", "REPORT RequestId: ")
_STAMP = re.compile(r"^\[([A-Z]+)\]\t\d{4}-\d\d-\d\d[T ][\d:.,]+Z?\t")


def short_name(function_name: str) -> str:
    """``stack-FleetOnEvent442DE8CE-H9YOH1HPP0VK`` is ``FleetOnEvent``; chosen names are kept."""
    generated = _GENERATED.fullmatch(function_name)
    return _HASH.sub("", generated[1]) if generated else function_name


def readable_lines(function: FunctionSpec, invocation: Invocation) -> Iterator[str]:
    """The handler's lines, without times of their own, and how the call ended."""
    name = short_name(function.name)
    for line in invocation.logs:
        if line.strip() and not line.startswith(_OWN_LINES):
            yield f"{name}: {_STAMP.sub(_level, line)}"
    if invocation.error is None:
        yield f"{name}: answered in {invocation.seconds:.2f} s"
    else:
        fields = invocation.error_fields
        said = f"{fields.get('errorType', 'Error')}: {fields.get('errorMessage', '')}"
        yield f"{name}: FAILED in {invocation.seconds:.2f} s: {said}"


def _level(stamp: re.Match[str]) -> str:
    return f"{stamp[1]} "
