"""The tables of a platform's changes, for the terminal and for Markdown alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from inferctl.changes.fleets import Fleet
from inferctl.changes.monthly_cost import CostLine
from inferctl.changes.pack import dollars
from inferctl.changes.platform_changes import PlatformChanges

Rows = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True)
class ReportTable:
    """One table; columns whose name ends in ``>`` are right-aligned."""

    title: str
    columns: tuple[str, ...]
    rows: Rows


def tables(changes: PlatformChanges) -> Iterator[ReportTable]:
    """The tables that have rows, what matters most first."""
    rows: Rows = tuple((each.kind, each.place, each.text) for each in changes.findings)
    yield from _table("Dangers", ("kind", "resource", "what happens"), rows)
    rows = tuple(
        (m.name, m.action, "; ".join(m.texts) + _compiled(m.compiles)) for m in changes.models
    )
    yield from _table("Models", ("model", "is", "what differs"), rows)
    rows = tuple(
        (
            "/".join((each.after or each.before or _NO_FLEET).key),
            _fleet(each.before),
            _fleet(each.after),
        )
        for each in changes.fleets
    )
    yield from _table("Instances", ("fleet", "before", "after"), rows)
    rows = tuple(
        (f"{each.service}: {each.name}", f"{each.before:g}", f"{each.after:g}", each.unit)
        for each in changes.quotas
    )
    yield from _table(
        "Quotas at most, updates included", ("quota", "before>", "after>", "of"), rows
    )
    yield from _table(
        "Dollars a month", ("what", "before", "after", "each>"), tuple(_cost_rows(changes))
    )
    if changes.existed and changes.exists:
        rows = tuple(
            ("/".join(each.key), each.type, each.action, detail)
            for each, detail in zip(changes.resources, changes.details, strict=True)
        )
        yield from _table("Resources", ("resource", "type", "is", "what differs"), rows)


def _table(title: str, columns: tuple[str, ...], rows: Rows) -> Iterator[ReportTable]:
    if rows:
        yield ReportTable(title=title, columns=columns, rows=rows)


_NO_FLEET = Fleet(key=("", ""), what="", instance_type="", minimum=0, maximum=0)


def _compiled(compiles: bool) -> str:
    return " (is compiled)" if compiles else ""


def _fleet(fleet: Fleet | None) -> str:
    if fleet is None:
        return "-"
    low, high = f"{fleet.minimum:g}", f"{fleet.maximum:g}"
    count = low if low == high else f"{low} to {high}"
    return f"{count} x {fleet.instance_type}{', Spot' if fleet.spot else ''}"


def _cost_rows(changes: PlatformChanges) -> Iterator[tuple[str, ...]]:
    """The lines that differ."""
    old = {line.what: line for line in changes.cost_before.lines}
    new = {line.what: line for line in changes.cost_after.lines}
    for what in sorted({*old, *new}):
        before, after = old.get(what), new.get(what)
        if before != after:
            line = after or before
            assert line is not None
            doubt = "?" if line.uncertain else ""
            yield what, _amounts(before), _amounts(after), f"${line.usd_each:,.2f}{doubt}"


def _amounts(line: CostLine | None) -> str:
    if line is None:
        return "-"
    low, high = dollars(line.lowest), dollars(line.highest)
    return low if low == high else f"{low} to {high}"
