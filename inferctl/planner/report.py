"""A plan as text and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from inferctl.cost.price_basis import PriceBasis
from inferctl.planner.forecast import Forecast
from inferctl.planner.plan import Answer
from load_client.console import aligned
from load_client.scales import number
from load_client.summary import Cell

HOURS_A_MONTH = 730
_WORDS = ("instance type", "holds")
_COLUMNS = tuple(
    Cell(name, right=name not in _WORDS)
    for name in (
        *("instance type", "instances", "holds", "hit ratio", "cold/min", "loads/min"),
        *("p50 ms", "p99 ms", "busy", "loading", "loaded", "$/month"),
    )
)


@dataclass(frozen=True, kw_only=True)
class Option:
    """One instance type's answer with the price of one of it."""

    answer: Answer
    price: PriceBasis | None

    @property
    def usd_per_month(self) -> Decimal | None:
        """Of all its instances, None without a price."""
        if self.price is None:
            return None
        return self.price.usd_per_hour * self.answer.forecast.instances * HOURS_A_MONTH

    @property
    def fleet(self) -> str:
        """``3 x ml.g5.xlarge ($3,083 a month)``."""
        usd = self.usd_per_month
        cost = "" if usd is None else f" (${usd:,.0f} a month)"
        return f"{self.answer.forecast.instances} x {self.answer.machine.name}{cost}"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """``best`` is the cheapest option of the question that holds, None where none does.

    ``instead`` is the cheapest that would hold when more instances or other types were allowed.
    """

    options: tuple[Option, ...]
    best: Option | None
    instead: tuple[Option, ...]
    notes: tuple[str, ...]


def plan_text(plan: Plan, *, width: int = 160) -> str:
    """Table, verdict, and what it rests on."""
    shown = [*plan.options, *plan.instead]
    lines = _table([_row(option) for option in shown], width)
    if plan.best is not None:
        lines.append(f"{plan.best.fleet} hold this traffic.")
    else:
        lines += [_refusal(option) for option in plan.options]
        lines.append(_instead(plan.instead))
    prices = [option.price.sentence for option in shown if option.price is not None]
    lines += [f"Price of {text}." for text in dict.fromkeys(prices)]
    return "\n".join([*lines, *(f"Note: {note}." for note in plan.notes)])


def plan_json(plan: Plan) -> dict[str, Any]:
    """Everything in the text, for programs."""
    return {
        "holds": plan.best is not None,
        "best": None if plan.best is None else _option_json(plan.best),
        "options": [_option_json(option) for option in plan.options],
        "instead": [_option_json(option) for option in plan.instead],
        "notes": list(plan.notes),
    }


def _table(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """A line a fleet; where that is too wide, a column a fleet, a few of them side by side."""
    table = aligned(_COLUMNS, rows)
    if max(len(line) for line in table.splitlines()) <= width:
        return [table]
    names = max(len(cell.text) for cell in _COLUMNS)
    column = 2 + max(len(row[0]) for row in rows)
    beside = max((width - names) // column, 1)
    tables = []
    for first in range(0, len(rows), beside):
        columns = [[cell.text for cell in _COLUMNS], *rows[first : first + beside]]
        header, *turned = zip(*columns, strict=True)
        cells = [Cell(text, right=number > 0) for number, text in enumerate(header)]
        tables.append(aligned(cells, turned))
    return tables


def _refusal(option: Option) -> str:
    answer = option.answer
    count = answer.forecast.instances
    return f"{count} x {answer.machine.name} refused: {'; '.join(answer.reasons)}."


def _instead(options: Sequence[Option]) -> str:
    if not options:
        return "No number of instances of any type here would hold it: see the reasons above."
    return f"What would hold: {', or '.join(option.fleet for option in options)}."


def _row(option: Option) -> list[str]:
    forecast, usd = option.answer.forecast, option.usd_per_month
    return [
        option.answer.machine.name,
        str(forecast.instances),
        "yes" if option.answer.holds else "no",
        f"{forecast.hit_ratio:.3f}",
        number(forecast.cold_per_minute),
        number(forecast.loads_per_minute),
        *(_milliseconds(value) for value in (forecast.p50_ms, forecast.p99_ms)),
        f"{forecast.busy:.0%}",
        f"{forecast.load_busy:.0%}",
        f"{forecast.resident:,.0f}",
        "" if usd is None else f"{usd:,.0f}",
    ]


def _milliseconds(value: float) -> str:
    return "grows" if value == float("inf") else number(value)


def _option_json(option: Option) -> dict[str, Any]:
    usd = option.usd_per_month
    answer = option.answer
    return {
        "instance_type": answer.machine.name,
        "holds": answer.holds,
        "reasons": list(answer.reasons),
        "usd_per_month": None if usd is None else float(usd),
        "price": None if option.price is None else option.price.sentence,
        **_forecast_json(answer.forecast),
        "estimated": _forecast_json(answer.estimated),
    }


def _forecast_json(forecast: Forecast) -> dict[str, Any]:
    """JSON knows no infinity: a latency that grows without bound is null."""
    values = {
        **asdict(forecast),
        "hit_ratio": forecast.hit_ratio,
        "cold_per_minute": forecast.cold_per_minute,
        "loads_per_minute": forecast.loads_per_minute,
    }
    return {name: None if value == float("inf") else value for name, value in values.items()}
