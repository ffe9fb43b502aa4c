"""``inferctl catalog``: what the accelerator catalogue knows, with its sources."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from rich.console import Console
from rich.table import Table

from accelerator_catalog import REGIONS, NeuronImage, UnknownImageError, neuron_image_uri
from accelerator_catalog.fact import Fact
from inferctl.catalog_tables import TABLES, Row
from inferctl.output import table

_DERIVED = ("devices", "core_count", "accelerator_memory_gib")
# Wider than the widest table.
_UNCUT = 1000


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb ``catalog``."""
    parser = verbs.add_parser(
        "catalog",
        help="show the instance types, images and prices that the platform knows",
        description="Shows one table of the accelerator catalogue. ~ marks what no primary source"
        " confirms, - what no source says. Tasks are those in awsvpc mode, without and with ENI"
        " trunking. Exit status: 0 shown, 2 unusable input.",
    )
    parser.add_argument("--kind", choices=tuple(TABLES), default="neuron")
    parser.add_argument("--region", help="only what is offered there, and images as pulled there")
    parser.add_argument("--json", action="store_true", help="every field of every row")
    parser.add_argument("--sources", action="store_true", help="say where each row was read, when")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the table; returns the exit status."""
    region: str | None = arguments.region
    view = TABLES[arguments.kind]
    if region is not None and region not in REGIONS:
        return _unusable(f"--region must be one of {', '.join(REGIONS)}, got {region!r}")
    if region is not None and not view.regional:
        return _unusable(f"--region must be left out, because {arguments.kind} has no regions")
    rows = list(view.rows(region))
    if arguments.json:
        print(json.dumps([_fields(fact, region) for fact, _ in rows], indent=2))
    elif rows:
        _print(view.columns, rows, with_sources=arguments.sources)
    else:
        print(f"{arguments.kind}: nothing known in {region}")
    return 0


def _print(columns: Sequence[str], rows: Sequence[Row], *, with_sources: bool) -> None:
    sources = list(dict.fromkeys((fact.source, fact.checked) for fact, _ in rows))
    numbers = [str(sources.index((fact.source, fact.checked)) + 1) for fact, _ in rows]
    cells = [cells for _, cells in rows]
    if with_sources:
        columns = (*columns, "source>")
        cells = [(*row, number) for row, number in zip(cells, numbers, strict=True)]
    view = table(columns, cells)
    for column in view.columns:
        column.overflow = "fold"
        column.no_wrap = column is view.columns[0] or column.justify == "right"
    _console(view).print(view, markup=False)
    if with_sources:
        for number, (source, checked) in enumerate(sources, start=1):
            print(f"{number}  {source}; checked {checked.isoformat()}")


def _console(view: Table) -> Console:
    """As wide as the terminal, or as the table where that has no room to fold into."""
    uncut = Console(highlight=False, width=_UNCUT)
    terminal = Console(highlight=False)
    fits = terminal.is_terminal and uncut.measure(view).minimum <= terminal.width
    return terminal if fits else uncut


def _fields(fact: Fact, region: str | None) -> dict[str, object]:
    """The fields of a row, what follows from them, and with a region the image's full name."""
    names = [field.name for field in dataclasses.fields(fact)]
    names += [name for name in _DERIVED if hasattr(fact, name)]
    fields = {name: _plain(getattr(fact, name)) for name in names}
    if isinstance(fact, NeuronImage) and region is not None:
        fields["uri"] = _uri(fact, region)
    return fields


def _plain(value: object) -> object:
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _uri(image: NeuronImage, region: str) -> str | None:
    try:
        return neuron_image_uri(image, region)
    except UnknownImageError:
        return None


def _unusable(problem: str) -> int:
    print(problem, file=sys.stderr)
    return 2
