"""moto's errors of definitions, inputs, tokens and map runs have no code.

A client sees ``An error occurred ()`` instead of ``InvalidDefinition``, and 501 where moto raises
without a message, which its own class does not allow.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .patch import Patch


def _init(original: Any) -> Callable[..., None]:
    def __init__(
        self: Any, message: str = "", exception_type: str | None = None, status: int | None = None
    ) -> None:
        original(self, message, exception_type or self.TYPE or type(self).__name__, status)

    return __init__


PATCHES = (Patch("stepfunctions", "moto.core.exceptions:AWSError", "__init__", _init),)
