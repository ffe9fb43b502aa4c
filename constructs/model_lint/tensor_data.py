"""Tensor data of the KServe v2 protocol in JSON: names of types, counting, ranges of elements."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

# Bytes of one element; a BYTES element has no fixed size.
BYTES_PER_ELEMENT = {
    "BOOL": 1,
    "UINT8": 1,
    "UINT16": 2,
    "UINT32": 4,
    "UINT64": 8,
    "INT8": 1,
    "INT16": 2,
    "INT32": 4,
    "INT64": 8,
    "FP16": 2,
    "BF16": 2,
    "FP32": 4,
    "FP64": 8,
}


def protocol_type(config_type: str) -> str:
    """``FP32`` for ``TYPE_FP32``, ``BYTES`` for ``TYPE_STRING``."""
    return "BYTES" if config_type == "TYPE_STRING" else config_type.removeprefix("TYPE_")


def count_elements(data: list[Any]) -> int:
    """How many elements there are, whether data is flat or nested."""
    return sum(1 for _ in elements(data))


def elements(data: list[Any]) -> Iterator[Any]:
    """The elements of flat or nested data, in order, however deep."""
    pending = [iter(data)]
    while pending:
        for item in pending[-1]:
            if isinstance(item, list):
                pending.append(iter(item))
                break
            yield item
        else:
            pending.pop()


def wrong_element(data: list[Any], datatype: str) -> str | None:
    """The first element that ``datatype`` cannot hold, as a message shows it, else None."""
    for item in elements(data):
        if not _holds(datatype, item):
            text = repr(item)
            return text if len(text) <= 40 else f"{text[:37]}..."
    return None


def _holds(datatype: str, item: Any) -> bool:
    if datatype == "BYTES":
        return isinstance(item, str)
    if datatype == "BOOL":
        return isinstance(item, bool)
    if isinstance(item, bool) or not isinstance(item, int | float):
        return False
    if datatype.startswith(("INT", "UINT")) and datatype in BYTES_PER_ELEMENT:
        bits = 8 * BYTES_PER_ELEMENT[datatype]
        low, high = (0, 2**bits) if datatype[0] == "U" else (-(2 ** (bits - 1)), 2 ** (bits - 1))
        return isinstance(item, int) and low <= item < high
    return True
