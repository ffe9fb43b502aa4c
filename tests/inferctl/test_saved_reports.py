"""Several saved reports as one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from inferctl.saved_reports import read_reports
from load_client.errors import InputError
from load_client.report import Price, Report
from load_client.report_file import write_report
from tests.container.load_client.simulated import any_report, any_run


def saved(path: Path, report: Report) -> Path:
    write_report(report, path)
    return path


def test_names_that_clash_get_the_files_name(tmp_path: Path) -> None:
    price = Price(server="plain", usd_per_hour=1.0, basis="x")
    before = saved(tmp_path / "before.json", any_report(any_run(), prices=(price,)))
    after = saved(tmp_path / "after.json", any_report(any_run(), any_run(server="neuron")))

    found = read_reports([before, after])

    assert [run.server for run in found.report.runs] == ["before: plain", "after: plain", "neuron"]
    assert [price.server for price in found.report.prices] == ["before: plain"]
    assert (found.report.title, found.notes) == ("resnet", ())


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    paths = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        paths.append(saved(tmp_path / name / "report.json", any_report()))

    found = read_reports(paths)

    assert [run.server for run in found.report.runs] == [f"{path}: plain" for path in paths]


def test_different_clients_and_titles_are_noted(tmp_path: Path) -> None:
    report = any_report()
    other = any_report(
        any_run(server="neuron"),
        title="bert",
        environment=replace(report.environment, cpus=8),
    )

    found = read_reports(
        [saved(tmp_path / "one.json", report), saved(tmp_path / "two.json", other)]
    )

    assert found.report.title == "resnet and bert"
    assert found.notes == (
        "two.json was measured from another client than one.json: 8 CPUs (x86_64, Linux 6, Python"
        " 3.11.7) instead of 2 CPUs (x86_64, Linux 6, Python 3.11.7).",
    )


def test_every_problem_of_every_file_is_told(tmp_path: Path) -> None:
    good = saved(tmp_path / "good.json", any_report())
    empty = saved(tmp_path / "empty.json", replace(any_report(), runs=()))
    broken = tmp_path / "broken.json"
    broken.write_text("{")

    with pytest.raises(InputError) as caught:
        read_reports([good, good, tmp_path / "absent.json", broken, empty])

    text = "\n".join(caught.value.problems)
    for part in (
        f"{good}: is named twice",
        "absent.json: No such file or directory",
        "broken.json: must be JSON",
        "empty.json: holds no run",
    ):
        assert part in text
    assert len(caught.value.problems) == 4
