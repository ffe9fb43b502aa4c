"""What a verification tells CloudFormation: counts when all is well, else one line."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from cfn_resource import one_line
from endpoint_verification.contract import VerificationAttributes

NAMED: Final = 5
"""Failures that a message names; the others are counted."""
_REASON_BYTES: Final = 400


def attributes(*, verified: int, asked: int) -> VerificationAttributes:
    """The resource's attributes."""
    return VerificationAttributes(VerifiedCount=str(verified), AskedCount=str(asked))


def failure_message(
    failed: Mapping[str, str], *, asked: int, kind: str, rolled_back: Collection[str] = ()
) -> str:
    """One line with the first failures, a count of the others, and what serves now instead."""
    names = sorted(failed)
    named = "; ".join(
        f"{kind} {name}: {one_line(failed[name], limit=_REASON_BYTES)}" for name in names[:NAMED]
    )
    rest = len(names) - NAMED
    more = f"; and {rest} more" if rest > 0 else ""
    back = _listed(sorted(rolled_back))
    served = f"; the artifacts from before serve again: {back}" if back else ""
    return f"{len(names)} of {asked} {kind}s differ: {named}{more}{served}"


def time_message(open_cases: Mapping[str, str], *, asked: int, minutes: int, kind: str) -> str:
    """One line for what could not be settled in time, with what some said last."""
    names = sorted(open_cases)
    named = "; ".join(
        f"{kind} {name}: {one_line(open_cases[name] or 'not asked', limit=_REASON_BYTES)}"
        for name in names[:NAMED]
    )
    return (
        f"{len(names)} of {asked} {kind}s were not verified within {minutes} minutes (deploy again"
        f" to go on, or raise parallel_calls): {named}"
    )


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
