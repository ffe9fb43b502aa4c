"""One question: is the answer the golden one, and is it in time once the model is warm?"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from endpoint_verification.golden_source import GoldenSource
from golden_answers import AnswerFormatError, Golden, compare, read_answer


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
    request = source.file(golden["request"])
    reply = ask(case, request)
    body = source.file(golden["answer"])
    try:
        answer = read_answer(golden["protocol"], reply.body)
        expected = read_answer(golden["protocol"], body)
    except AnswerFormatError as error:
        return str(error)
    problem = compare(
        expected,
        answer,
        max_absolute_error=golden["max_absolute_error"],
        minimum_cosine=golden["minimum_cosine"],
    ).problem
    bound = golden["latency_ms"]
    if problem is not None or bound is None or reply.seconds * 1000 <= bound:
        return problem
    best = math.inf
    for _ in range(golden["attempts"]):
        best = min(best, ask(case, request).seconds)
        if best * 1000 <= bound:
            return None
    return (
        f"answers late: {best * 1000:,.0f} ms at best of {golden['attempts']} warm calls,"
        f" {bound:,} ms are allowed"
    )
