"""The page: one file that loads nothing, says what was measured, and escapes what it is given."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from load_client.engine import FirstCall
from load_client.page import html_page
from load_client.recorder import Window
from load_client.report import Load, Price, Run
from load_client.scales import Scale, duration, linear_ticks, milliseconds, number
from tests.container.load_client.simulated import any_report, any_run, latencies


def windows(count: int, *, calls: int = 100, errors: int = 0) -> tuple[Window, ...]:
    return tuple(
        Window(
            start_seconds=30.0 * row,
            seconds=30.0,
            calls=calls + row,
            errors=errors,
            p50_ms=5.0,
            p99_ms=9.0,
        )
        for row in range(count)
    )


def load(concurrency: int = 1, rate: float | None = None) -> Load:
    return Load(
        concurrency=concurrency,
        batch=1,
        rate=rate,
        arrivals=None if rate is None else "constant",
        timeout_seconds=60.0,
    )


def long_run(server: str, **changes: object) -> Run:
    values = {
        "server": server,
        "calls": 2000,
        "elapsed_seconds": 600.0,
        "samples": (),
        "histogram": ((5_000_000, 1900), (20_000_000, 100)),
        "windows": windows(20),
    }
    return any_run(**(values | changes))


def sections(page: str) -> list[str]:
    return re.findall(r"<h2>(.*?)</h2>", page)


def test_a_comparison_of_two_servers_has_every_section() -> None:
    report = any_report(
        long_run("plain"),
        long_run("accelerated", errors={"timeout": 3}, error_messages={"timeout": "no answer"}),
        prices=(
            Price(server="plain", usd_per_hour=0.17, basis="on demand, 2026-11"),
            Price(server="accelerated", usd_per_hour=0.526, basis="on demand, 2026-11"),
        ),
    )

    page = html_page(report)

    assert sections(page) == [
        "Results",
        "One server against another",
        "Course of the run",
        "Distribution of latency",
        "Cost per million inferences",
        "Failed calls",
        "How it was measured",
    ]
    assert "$0.17 an hour, on demand, 2026-11" in page
    assert "3 of 2,003 calls got no answer" in page
    assert "Highest against lowest window, as a share of the mean: plain 17.4 %" in page


def test_a_sweep_is_drawn_over_its_concurrency() -> None:
    report = any_report(
        *[
            long_run(server, load=load(callers))
            for server in ("a", "b")
            for callers in (1, 2, 4, 8, 16, 32)
        ]
    )

    assert "Concurrency sweep" in sections(html_page(report))


def test_a_rate_sweep_is_drawn_over_its_rate_and_explains_the_open_loop() -> None:
    page = html_page(
        any_report(*[long_run("a", load=load(8, rate), dropped=5) for rate in (10.0, 20.0)])
    )

    assert "Arrival rate sweep" in sections(page)
    assert "latency counts from the intended time" in page
    assert "were dropped" in page
    assert "Highest throughput" not in page


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    page = html_page(any_report(long_run("plain", address="v2-grpc://h:8001")))

    assert "<script" not in page
    assert re.findall(r"(?:src|href)=|url\(|@import|https?://", page) == []
    style = re.search(r"<style>(.*?)</style>", page, re.S)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in page
    assert ' style="' not in page
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page


def test_every_chart_is_well_formed_and_has_finite_coordinates() -> None:
    page = html_page(
        any_report(long_run("plain"), long_run("b"), any_run(server="c", load=load(4)))
    )

    drawings = re.findall(r"<svg.*?</svg>", page, re.S)

    assert len(drawings) >= 5
    for drawing in drawings:
        ElementTree.fromstring(drawing)
        assert "nan" not in drawing
        assert "inf," not in drawing


class Balance(HTMLParser):
    """Fails on an end tag that closes something else."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs)
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_tags_are_balanced_and_names_are_escaped() -> None:
    evil = '<b onload="x">&'
    page = html_page(
        any_report(
            long_run(evil, model=evil, errors={evil: 1}, error_messages={evil: evil}),
            long_run("other" + evil),
            title=evil,
            prices=(Price(server=evil, usd_per_hour=1.0, basis=evil),),
        )
    )

    parser = Balance()
    parser.feed(page)

    assert parser.open == []
    assert "<b " not in page


@pytest.mark.parametrize(
    "run",
    [
        any_run(calls=0, samples=(), histogram=(), latencies=None, errors={"connect": 9}),
        any_run(first=None, windows=windows(1)),
        any_run(first=FirstCall(milliseconds=3.0, error="timeout")),
        any_run(calls=1, samples=((0.0, 0.0),), histogram=((0, 1),), latencies=latencies(0.0)),
        long_run("a", windows=windows(3, calls=0, errors=4)),
    ],
    ids=["nothing-answered", "no-first", "first-failed", "no-time-at-all", "failures"],
)
def test_odd_runs_still_make_a_page(run: Run) -> None:
    page = html_page(any_report(run))

    assert page.endswith("</html>\n")
    assert "nan" not in page


def test_a_busy_client_and_a_stop_by_hand_are_warned_about() -> None:
    page = html_page(any_report(long_run("a", client_cpu_share=0.97, interrupted=True)))

    assert "the client used 97 % of one core" in page
    assert "stopped by hand after 10 min" in page


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.01234, "0.0123"), (1.234, "1.23"), (99.95, "100.0"), (1234.5, "1,234")],
)
def test_numbers_have_three_digits(value: float, text: str) -> None:
    assert number(value) == text


def test_durations_and_latencies_have_their_unit() -> None:
    assert [duration(seconds) for seconds in (30.0, 1.5, 600, 7200, 7500)] == [
        *("30 s", "1.5 s", "10 min", "2 h", "2 h 5 min")
    ]
    assert [milliseconds(value) for value in (1.5, 12_923)] == ["1.50 ms", "12.9 s"]


def test_ticks_are_round_and_within_the_axis() -> None:
    assert linear_ticks(0, 10) == [0, 2, 4, 6, 8, 10]
    assert linear_ticks(5, 5) == [5]
    assert Scale(1.5, 900, 0, 1, logarithmic=True).ticks() == [
        pytest.approx(value) for value in (2, 5, 10, 20, 50, 100, 200, 500)
    ]
    assert Scale(5.1, 5.2, 0, 1, logarithmic=True).ticks() == [5.1, 5.2]
