"""Saved reports on the terminal and as a page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from load_client.engine import FirstCall
from load_client.report import Report
from load_client.report_file import write_report
from tests.container.load_client.simulated import any_report, any_run, latencies
from tests.support.verbs import run_verb


def article(server: str, *, first: float, usual: float, slow: float) -> Report:
    """One of the article's servers: a first call and 19 others."""
    values = [usual] * 17 + [slow] * 2
    return any_report(
        any_run(
            server=server,
            first=FirstCall(milliseconds=first),
            calls=19,
            samples=tuple((float(number), value) for number, value in enumerate(values)),
            histogram=((round(usual * 1e6), 17), (round(slow * 1e6), 2)),
            latencies=latencies(usual),
        ),
        title="ssdresnet",
    )


@pytest.fixture
def two(tmp_path: Path) -> list[str]:
    plain = article("plain", first=12_923, usual=1300, slow=1360)
    accelerated = article("accelerated", first=14_082, usual=290, slow=310)
    client = replace(accelerated.environment, cpus=4)
    paths = [tmp_path / "plain.json", tmp_path / "accelerated.json"]
    write_report(plain, paths[0])
    write_report(replace(accelerated, environment=client), paths[1])
    return [str(path) for path in paths]


def test_one_report_has_no_comparison(two: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run_verb("report", two[0]) == 0

    out = capsys.readouterr().out
    assert "12,923" in out
    assert "speed-up" not in out


def test_two_reports_are_compared_as_in_the_article(
    two: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_verb("report", *two) == 0

    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines[-3:-1]] == [
        ["1", "at", "once", "plain", "12,923", "1,300", "1,360"],
        ["1", "at", "once", "accelerated", "14,082", "290", "310", "4.48", "x", "4.39", "x"],
    ]
    assert any("p50 290 ms against 1,300 ms (77.7 % lower latency)" in line for line in lines)
    assert lines[-1].startswith("accelerated.json was measured from another client than plain.json")


def test_the_page_has_both_servers_and_the_note(
    two: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "both.html"

    assert run_verb("report", *two, "--html", str(page)) == 0

    text = page.read_text()
    assert "accelerated against plain" in text
    assert "accelerated.json was measured from another client" in text
    assert capsys.readouterr().err == ""


def test_bad_input_is_told_all_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    html = str(tmp_path / "none" / "page.html")

    assert run_verb("report", "absent.json", "gone.json", "--html", html) == 2

    assert capsys.readouterr().err.splitlines() == [
        f"--html {html}: there is no folder {tmp_path}/none",
        "absent.json: No such file or directory",
        "gone.json: No such file or directory",
    ]


def test_a_page_that_cannot_be_written_is_status_1(
    two: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_verb("report", two[0], "--html", "/dev/full") == 1
    assert "No space left on device" in capsys.readouterr().err


def test_usage_without_a_file_is_status_2() -> None:
    with pytest.raises(SystemExit) as caught:
        run_verb("report")

    assert caught.value.code == 2


def test_the_page_does_not_overwrite_a_report(
    two: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_verb("report", *two, "--html", two[1]) == 2

    assert capsys.readouterr().err == f"--html {two[1]}: is read as well\n"
    assert Path(two[1]).read_text().startswith("{")
