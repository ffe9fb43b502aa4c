"""One question: is the answer the golden one, and is it in time once the model is warm?"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from endpoint_verification.errors import LateError
from endpoint_verification.golden_source import GoldenSource
from golden_answers import AnswerFormatError, Golden, compare, read_answer

WARM_SECONDS: Final = 60.0
"""No further warm call after this long, however many are allowed: the function has to end."""
# A tensor takes fifty times its bytes while it is compared. One thread computes at a time anyway.
_comparing: Final = threading.Lock()


@dataclass(frozen=True)
class Reply:
    """An answer's body, and how long the caller waited for it."""

    body: bytes
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Case:
    """A golden, and who should answer it: a ``TargetModel``, or the address of a service."""

    golden: Golden
    target: str
    artifact: str
    """Digest of the artifact behind ``target``; for a service, its revision."""

    @property
    def name(self) -> str:
        """The model or the service."""
        return self.golden["name"]


Ask: TypeAlias = Callable[[Case, bytes], Reply]
"""Sends a request; raises `AskError`."""


def examine(case: Case, source: GoldenSource, ask: Ask) -> str | None:
    """What is wrong with the answer, None when nothing is.

    The first call may load the model, so its time only counts when it is in time by itself; of the
    calls after it one has to be. Raises `AskError`, and what `GoldenSource.file` raises.
    """
    golden = case.golden
    reply = ask(case, source.file(golden["request"]))
    problem = _difference(golden, source.file(golden["answer"]), reply.body)
    bound = golden["latency_ms"]
    if problem is not None or bound is None or reply.seconds * 1000 <= bound:
        return problem
    best, spent, calls = math.inf, 0.0, 0
    while calls < golden["attempts"] and spent < WARM_SECONDS:
        seconds = ask(case, source.file(golden["request"])).seconds
        best, spent, calls = min(best, seconds), spent + seconds, calls + 1
        if best * 1000 <= bound:
            return None
    raise LateError(
        f"answers late: {best * 1000:,.0f} ms at best of {calls} warm calls,"
        f" {bound:,} ms are allowed"
    )


def _difference(golden: Golden, right: bytes, given: bytes) -> str | None:
    with _comparing:
        try:
            answer = read_answer(golden["protocol"], given)
            expected = read_answer(golden["protocol"], right)
        except AnswerFormatError as error:
            return str(error)
        return compare(
            expected,
            answer,
            max_absolute_error=golden["max_absolute_error"],
            minimum_cosine=golden["minimum_cosine"],
        ).problem
