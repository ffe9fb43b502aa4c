"""The article's two hours as reports, and what a million images cost."""

from __future__ import annotations

from pathlib import Path

import pytest

from load_client.report import Load, Price
from load_client.report_file import write_report
from tests.container.load_client.simulated import any_report, any_run
from tests.support.verbs import run_verb

EIGHT_CALLS = Load(concurrency=8, batch=4, timeout_seconds=60.0)


def two_hours(path: Path, server: str, images: int, price: Price | None = None) -> str:
    calls = images // 4
    run = any_run(
        server=server,
        load=EIGHT_CALLS,
        calls=calls,
        elapsed_seconds=7200.0,
        histogram=((269_000_000, calls),),
        samples=(),
    )
    write_report(any_report(run, prices=() if price is None else (price,)), path)
    return str(path)


@pytest.fixture
def gpu(tmp_path: Path) -> str:
    return two_hours(tmp_path / "gpu.json", "g4dn", 486_400)


@pytest.fixture
def inf1(tmp_path: Path) -> str:
    return two_hours(tmp_path / "inf1.json", "inf1", 857_600)


def test_the_articles_figures_come_out_of_reports(
    gpu: str, inf1: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = run_verb(
        *("cost", gpu, inf1, "--usd-per-hour", "inf1=0.584"),
        *("--instance-type", "g4dn=g4dn.xlarge"),
    )

    lines = capsys.readouterr().out.splitlines()
    assert status == 0
    assert lines[0].split() == ["server", "load", "inf/s", "$/hour", "$/million", "$/year"]
    assert lines[1].split()[-4:] == ["67.6", "0.526", "2.16", "4,608"]
    assert lines[2].split()[-4:] == ["119", "0.584", "1.36", "5,116"]
    assert lines[3] == (
        "inf1 costs 37.0 % less per million inferences than g4dn: $1.36 against $2.16."
    )
    assert lines[4].startswith(
        "Price of g4dn: $0.526 an hour, g4dn.xlarge in us-east-1, on demand (skypilot"
    )
    assert lines[5] == ("Price of inf1: $0.584 an hour, price from the command line (as given).")


def test_the_first_report_is_what_the_second_is_held_against(
    gpu: str, inf1: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_verb("cost", inf1, gpu, "--usd-per-hour", "0.5", "--instances", "g4dn=2") == 0

    out = capsys.readouterr().out
    assert "g4dn costs 252.6 % more per million inferences than inf1" in out
    assert "$1 an hour, 2 x $0.5 for price from the command line (as given)" in out


def test_a_price_in_the_report_is_used_until_another_is_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    price = Price(server="inf1", usd_per_hour=0.362, basis="measured with it")
    path = two_hours(tmp_path / "report.json", "inf1", 856_000, price)

    assert run_verb("cost", path) == 0
    assert "Price of inf1: $0.362 an hour, measured with it." in capsys.readouterr().out

    assert run_verb("cost", path, "--usd-per-hour", "1") == 0
    assert "$0.362" not in capsys.readouterr().out


def test_of_a_sweep_the_highest_throughput_is_priced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "sweep.json"
    eight = Load(concurrency=8, batch=1, timeout_seconds=60.0)
    faster = any_run(load=eight, elapsed_seconds=1.0)
    write_report(any_report(any_run(), faster), path)

    assert run_verb("cost", str(path), "--usd-per-hour", "7.2") == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == ["plain", "8", "at", "once", "2.00", "7.2", "1,000", "63,072"]


def test_bad_input_is_told_all_at_once(
    gpu: str, inf1: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    silent = tmp_path / "silent.json"
    none = any_run(
        server="silent", calls=0, histogram=(), samples=(), latencies=None, errors={"timeout": 3}
    )
    write_report(any_report(none), silent)

    assert run_verb("cost", gpu, inf1, str(silent), "--usd-per-hour", "x=1") == 2
    assert capsys.readouterr().err.splitlines() == [
        "one or two reports can be priced, got 3",
        "--usd-per-hour 'x' is no server's name (they are: g4dn, inf1, silent)",
        "server silent answered no call",
    ]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ((), "server g4dn has no price: give --instance-type or --usd-per-hour"),
        (("--instance-type", "g4dn.xlarge", "--region", "eu-west-1"), "not of eu-west-1"),
        (("--instance-type", "g4dn.huge"), "no price of g4dn.huge in the catalogue"),
    ],
)
def test_a_server_without_a_price_is_status_2(
    arguments: tuple[str, ...], problem: str, gpu: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_verb("cost", gpu, *arguments) == 2
    assert problem in capsys.readouterr().err
