"""When Lambda stops to patch a runtime, and when it refuses new functions and changes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from accelerator_catalog.fact import Fact

_SOURCE = "cfn-lint 1.58.0, LmbdRuntimeLifecycle.json (from the Lambda developer guide)"


@dataclass(frozen=True, kw_only=True)
class LambdaRuntime(Fact):
    """``deprecated``: no more patches; ``create_block``: no new functions."""

    name: str
    deprecated: date
    create_block: date


def _runtime(name: str, deprecated: date, create_block: date) -> LambdaRuntime:
    return LambdaRuntime(
        name=name, deprecated=deprecated, create_block=create_block, source=_SOURCE
    )


_ROWS = (
    _runtime("nodejs20.x", date(2026, 4, 30), date(2027, 2, 1)),
    _runtime("nodejs22.x", date(2027, 4, 30), date(2027, 6, 1)),
    _runtime("nodejs24.x", date(2028, 4, 30), date(2028, 6, 1)),
    _runtime("provided.al2023", date(2029, 6, 30), date(2029, 7, 31)),
    _runtime("python3.10", date(2026, 10, 31), date(2027, 2, 1)),
    _runtime("python3.11", date(2027, 6, 30), date(2027, 7, 31)),
    _runtime("python3.12", date(2028, 10, 31), date(2028, 11, 30)),
    _runtime("python3.13", date(2029, 6, 30), date(2029, 7, 31)),
    _runtime("python3.14", date(2029, 6, 30), date(2029, 7, 31)),
)
LAMBDA_RUNTIMES: Mapping[str, LambdaRuntime] = MappingProxyType({row.name: row for row in _ROWS})
