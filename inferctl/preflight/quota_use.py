"""How much of one service quota a set of templates takes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from accelerator_catalog.quotas import Quota


@dataclass(frozen=True, kw_only=True)
class QuotaUse:
    """``minimum`` runs all the time and ``maximum`` where everything is scaled out.

    ``during_update`` is what an update at full scale takes, where the new fleet starts beside the
    old one; None where that takes no more. ``resources`` are ``stack/logical id``.
    """

    service: str
    quota_name: str
    quota_code: str | None
    minimum: float
    maximum: float
    unit: str
    resources: tuple[str, ...]
    during_update: float | None = None


def use(
    quota: Quota,
    place: str,
    *,
    minimum: float,
    maximum: float,
    during_update: float | None = None,
) -> QuotaUse:
    """What one resource takes of ``quota``."""
    return QuotaUse(
        service=quota.service,
        quota_name=quota.name,
        quota_code=quota.code,
        minimum=minimum,
        maximum=max(minimum, maximum),
        unit=quota.unit,
        resources=(place,),
        during_update=during_update,
    )


def total(uses: Iterable[QuotaUse]) -> tuple[QuotaUse, ...]:
    """One entry a quota, added up, by service and name."""
    by_quota: dict[tuple[str, str], QuotaUse] = {}
    for each in uses:
        key = (each.service, each.quota_name)
        there = by_quota.get(key)
        by_quota[key] = each if there is None else _add(there, each)
    return tuple(by_quota[key] for key in sorted(by_quota))


def _add(one: QuotaUse, other: QuotaUse) -> QuotaUse:
    during_update = None
    if one.during_update is not None or other.during_update is not None:
        # stacks are updated one after the other, so only one of them is doubled at a time
        during_update = max(
            (one.during_update or one.maximum) + other.maximum,
            one.maximum + (other.during_update or other.maximum),
        )
    return QuotaUse(
        service=one.service,
        quota_name=one.quota_name,
        quota_code=one.quota_code,
        minimum=one.minimum + other.minimum,
        maximum=one.maximum + other.maximum,
        unit=one.unit,
        resources=tuple(dict.fromkeys((*one.resources, *other.resources))),
        during_update=during_update,
    )
