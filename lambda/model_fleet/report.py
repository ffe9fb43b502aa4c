"""What a fleet tells CloudFormation: attributes when it is published, one line when it is not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cfn_resource import one_line
from model_artifacts import Index
from model_fleet.contract import FleetAttributes
from model_fleet.package import Failure

NAMED: Final = 8
"""Failing models that a message names; the others are counted."""
_REASON_BYTES: Final = 280


def attributes(index: Index) -> FleetAttributes:
    """The resource's attributes, from the index alone: a repeated event gets the same ones."""
    models, published = len(index["models"]), index["published"]
    return FleetAttributes(
        IndexVersion=str(index["serial"]),
        ModelCount=str(models),
        PublishedCount=str(published),
        ReusedCount=str(models - published),
    )


def failure_message(failures: Sequence[Failure], *, models: int) -> str:
    """One line with the first failing models, each with its step and reason, and a count."""
    ordered = sorted(failures, key=lambda failure: failure.model)
    named = "; ".join(
        f"model {failure.model}: {failure.step} failed:"
        f" {one_line(failure.reason, limit=_REASON_BYTES)}{_log(failure)}"
        for failure in ordered[:NAMED]
    )
    rest = len(ordered) - NAMED
    more = f"; and {rest} more" if rest > 0 else ""
    return f"{len(ordered)} of {models} models failed, the index is unchanged: {named}{more}"


def _log(failure: Failure) -> str:
    return f" (log: {failure.log})" if failure.log else ""
