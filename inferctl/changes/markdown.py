"""The report as a comment on a pull request: a summary to judge by, and the details folded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from inferctl.changes.finding import KINDS
from inferctl.changes.pack import Pack, cost_line, danger_line, headline, price_notes
from inferctl.changes.platform_changes import PlatformChanges
from inferctl.changes.report_tables import ReportTable, tables

# GitHub refuses a comment above 65,536 characters
COMMENT_LIMIT = 65_536
_ROOM_FOR_THE_CUT = 200
_MOST_SHOWN = 12
"""Dangers of a platform that stand open; all of them are in the details."""
_LONGEST_CELL = 400


def markdown_report(pack: Pack) -> str:
    """The comment, no longer than GitHub takes; what did not fit is said."""
    parts = [*_parts(pack)]
    text, left_out = "", 0
    for part in parts:
        if len(text) + len(part) > COMMENT_LIMIT - _ROOM_FOR_THE_CUT:
            left_out += 1
        else:
            text += part
    if left_out:
        text += f"\n{left_out} tables did not fit into a comment; `inferctl diff` prints them.\n"
    return text


def _parts(pack: Pack) -> Iterator[str]:
    """Pieces that can be left out one by one, the summary first."""
    yield f"### What this deploys differently than `{_code(pack.base)}`\n\n"
    if pack.breaches:
        lines = "".join(f"- **{_cell(breach)}**\n" for breach in pack.breaches)
        yield f"Not allowed without someone's word:\n\n{lines}\n"
    if pack.changed:
        rows = tuple(
            (each.platform, headline(each), danger_line(each), cost_line(each))
            for each in pack.changed
        )
        yield _table(("platform", "changes", "dangers", "fixed cost"), rows)
    if pack.unchanged:
        yield f"Unchanged: {_cell(', '.join(pack.unchanged))}.\n\n"
    for changes in pack.changed:
        yield from _dangers(changes)
    for platform, costs in pack.millions:
        costs_rows = tuple(
            (c.side, c.server, c.instance_type, f"{c.inferences_per_second:,.0f}", f"${c.usd:,.3f}")
            for c in costs
        )
        columns = ("", "server", "instance", "inf/s>", "$/million>")
        yield f"Cost per million inferences, {_cell(platform)}:\n\n{_table(columns, costs_rows)}"
    for changes in pack.changed:
        yield from _plans(changes)
    if notes := [*pack.notes, *price_notes(pack)]:
        yield "".join(f"{_cell(note)}\n" for note in notes) + "\n"
    for changes in pack.changed:
        for each in tables(changes):
            yield _folded(changes.platform, each)


def _dangers(changes: PlatformChanges) -> Iterator[str]:
    if not changes.findings:
        return
    lines = [
        f"- **{each.kind}** `{_code(each.place)}` {_cell(each.text)}\n"
        for each in changes.findings[:_MOST_SHOWN]
    ]
    if more := len(changes.findings) - _MOST_SHOWN:
        lines += [f"- and {more} more, in the details\n"] if more > 0 else []
    yield f"**{_cell(changes.platform)}**\n\n{''.join(lines)}\n"


def _plans(changes: PlatformChanges) -> Iterator[str]:
    for plan in changes.plans:
        steps = "".join(f"{n}. {_cell(step)}\n" for n, step in enumerate(plan.steps, 1))
        place = f"{_cell(changes.platform)}: `{_code(plan.stack)}/{_code(plan.logical_id)}`"
        yield f"{place} takes two deployments, since {_cell(plan.reason)}:\n\n{steps}\n"


def _folded(platform: str, part: ReportTable) -> str:
    title = f"{_cell(platform)}: {part.title} ({len(part.rows)})"
    return f"<details><summary>{title}</summary>\n\n{_table(part.columns, part.rows)}</details>\n\n"


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [
        "| " + " | ".join(name.rstrip(">") for name in columns) + " |",
        "|" + "|".join("--:" if name.endswith(">") else "---" for name in columns) + "|",
        *("| " + " | ".join(map(_cell, row)) + " |" for row in rows),
    ]
    return "\n".join(lines) + "\n\n"


def _cell(text: str) -> str:
    """Text of a template, which may hold anything, as nothing but text."""
    flat = " ".join(text.split())
    if len(flat) > _LONGEST_CELL:
        flat = f"{flat[: _LONGEST_CELL - 3]}..."
    for special in "\\`*_[]|#~":
        flat = flat.replace(special, f"\\{special}")
    # no HTML, nobody is called by an @, and what stands between two $ is no formula
    flat = flat.replace("&", "&amp;").replace("<", "&lt;").replace("@", "@<!-- -->")
    return flat.replace("${", "<span>$</span>{")


def _code(text: str) -> str:
    return " ".join(text.split()).replace("`", "'").replace("|", "/")


def kinds_table() -> str:
    """The kinds of findings, for docs/pull-requests.md."""
    return _table(("kind", "means"), [(f"{kind}", text) for kind, text in KINDS.items()])
