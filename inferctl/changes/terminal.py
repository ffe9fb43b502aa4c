"""The report on a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.markup import escape
from rich.text import Text

from inferctl.changes.pack import Pack, cost_line, danger_line, headline, price_notes
from inferctl.changes.platform_changes import PlatformChanges
from inferctl.changes.report_tables import tables
from inferctl.output import table
from inferctl.transitions import plan_lines

_STYLES = {"refuse": "bold red", "destroy": "bold red", "replace": "red", "interrupt": "yellow"}


def terminal_report(pack: Pack) -> Iterator[RenderableType]:
    """What to print, piece by piece."""
    yield Text(f"what this tree deploys differently than {pack.base}\n")
    for changes in pack.changed:
        yield from _platform(changes)
    for platform, costs in pack.millions:
        rows = [
            (c.side, c.server, c.instance_type, f"{c.inferences_per_second:,.0f}", f"${c.usd:,.3f}")
            for c in costs
        ]
        columns = ("", "server", "instance", "inf/s>", "$/million>")
        yield table(columns, _escaped(rows), title=f"{platform}: cost per million inferences")
    if pack.unchanged:
        yield Text(f"unchanged: {', '.join(pack.unchanged)}")
    for note in (*pack.notes, *price_notes(pack)):
        yield Text(note)
    for breach in pack.breaches:
        yield Text(f"gate {breach}", style="red")


def _platform(changes: PlatformChanges) -> Iterator[RenderableType]:
    yield Text(f"{changes.platform}: {headline(changes)}", style="bold")
    yield Text(f"  {danger_line(changes)}")
    yield Text(f"  {cost_line(changes)}\n")
    for each in tables(changes):
        view = table(each.columns, _escaped(each.rows), title=each.title)
        for column in view.columns:
            column.overflow = "fold"
        if each.title == "Dangers":
            view.columns[0].no_wrap = True
            for row, cells in zip(view.rows, each.rows, strict=True):
                row.style = _STYLES.get(cells[0], "")
        yield view
    if changes.plans:
        yield Text("In two deployments:")
        yield Text("\n".join("  " + line for line in plan_lines(changes.plans)) + "\n")


def _escaped(rows: object) -> list[list[str]]:
    assert isinstance(rows, list | tuple)
    return [[escape(cell) for cell in row] for row in rows]
