"""What the state machine hands to a function, typed once, at the edge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from cfn_resource import PropertyReader
from model_fleet.contract import WORK_FIELDS
from model_fleet.errors import FleetError
from model_fleet.execution import WorkInput
from model_fleet.fleet import Fleet, Location


@dataclass(frozen=True)
class Batch:
    """Some models of one execution's work."""

    work: WorkInput
    models: Sequence[str]

    @property
    def fleet(self) -> Fleet:
        """The fleet that the execution works for."""
        work = self.work
        return Fleet(
            name=work["fleet"],
            location=Location(bucket=work["bucket"], prefix=work["prefix"]),
            source_bucket=work["source_bucket"],
            manifest_key=work["manifest_key"],
            manifest_digest=work["manifest_digest"],
            source_pack_key=work["source_pack_key"],
            retain=True,
        )


def read_batch(event: Mapping[str, object]) -> Batch:
    """The batch in an event as the item batcher makes it: ``BatchInput`` and ``Items``.

    Raises `EventError` and `FleetError`.
    """
    work, items = event.get("BatchInput"), event.get("Items")
    if not isinstance(work, Mapping) or not isinstance(items, list):
        raise FleetError(f"not a batch, it needs BatchInput and Items: {sorted(event)}")
    return Batch(
        work=read_work(cast("Mapping[str, object]", work)),
        models=[str(item["model"]) for item in cast("list[Mapping[str, object]]", items)],
    )


def read_work(given: Mapping[str, object]) -> WorkInput:
    """The input of an execution; raises `EventError` with everything that is missing."""
    reader = PropertyReader(given, resource_type="work")
    read = {name: reader.text(name) for name in WORK_FIELDS}
    reader.finish()
    return cast("WorkInput", read)
