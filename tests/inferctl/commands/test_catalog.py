"""``inferctl catalog``: every kind as a table and as JSON, by region, with its sources."""

from __future__ import annotations

import argparse
import json
import re

import pytest

from accelerator_catalog import (
    CPU_INSTANCES,
    EC2_PRICES,
    ECS_AMIS,
    END_OF_LIFE,
    GPU_EC2_INSTANCES,
    HOSTING_PRICES,
    NEURON_IMAGES,
    NEURON_INSTANCES,
)
from inferctl.catalog_tables import TABLES
from inferctl.commands import catalog

_NAMES = {
    "neuron": set(NEURON_INSTANCES),
    "gpu": set(GPU_EC2_INSTANCES),
    "cpu": set(CPU_INSTANCES),
    "images": set(NEURON_IMAGES),
    "amis": set(ECS_AMIS),
    "end-of-life": set(END_OF_LIFE),
    "prices": {*EC2_PRICES, *HOSTING_PRICES},
}


def run(*arguments: str) -> int:
    """The command as the command line runs it."""
    parser = argparse.ArgumentParser()
    catalog.add_parser(parser.add_subparsers())
    parsed = parser.parse_args(["catalog", *arguments])
    return int(parsed.run(parsed))


def cells(text: str) -> list[list[str]]:
    """The rows of a table, without its head; cells stand three spaces apart."""
    lines = [line.strip() for line in text.splitlines()]
    (rule,) = (number for number, line in enumerate(lines) if line.startswith("──"))
    return [re.split(r"\s{2,}", line) for line in lines[rule + 1 :] if line]


@pytest.mark.parametrize("kind", TABLES)
def test_table_of_a_kind_has_every_row_and_cuts_none(
    kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--kind", kind) == 0

    out, err = capsys.readouterr()
    rows = cells(out)
    assert {row[0] for row in rows} == _NAMES[kind]
    assert {len(row) for row in rows} == {len(TABLES[kind].columns)}
    assert "…" not in out
    assert err == ""


@pytest.mark.parametrize("kind", TABLES)
def test_json_of_a_kind_has_every_row_with_source_and_date(
    kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--kind", kind, "--json") == 0

    rows = json.loads(capsys.readouterr().out)
    names = {row.get("name") or row.get("id") or row["instance_type"] for row in rows}
    assert names == _NAMES[kind]
    assert all(row["source"] and re.fullmatch(r"2026-\d\d-\d\d", row["checked"]) for row in rows)


def test_neuron_types_are_shown_unless_another_kind_is_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run() == 0

    rows = {row[0]: row[1:] for row in cells(capsys.readouterr().out)}
    assert rows["inf1.6xlarge"] == [
        *("Inferentia", "4", "/dev/neuron0-3", "16 v1", "32", "24", "48", "7/-", "24", "1.18"),
    ]
    assert rows["inf2.xlarge"] == [
        *("Inferentia2", "1", "/dev/neuron0", "2 v2", "32", "4", "16", "3/20", "14", "0.7582"),
    ]
    assert rows["trn1.32xlarge"][-1] == "~21.50"
    assert rows["trn2.48xlarge"][-1] == "-"


def test_json_says_what_follows_from_the_fields(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--json") == 0

    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["inf2.24xlarge"]["devices"] == [f"/dev/neuron{index}" for index in range(6)]
    assert rows["inf2.24xlarge"]["core_count"] == 12
    assert rows["inf2.24xlarge"]["accelerator_memory_gib"] == 192
    assert rows["inf2.24xlarge"]["regions"][0] == "ap-northeast-1"


def test_region_leaves_out_what_is_not_offered_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--region", "ap-northeast-2") == 0

    names = {row[0] for row in cells(capsys.readouterr().out)}
    assert "inf2.xlarge" in names
    assert "inf2.8xlarge" not in names
    assert not any(name.startswith("trn") for name in names)


def test_price_of_another_region_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--region", "us-west-2") == 0

    assert {row[-1] for row in cells(capsys.readouterr().out)} == {"-"}


def test_images_are_named_as_pulled_in_the_region(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--kind", "images", "--region", "eu-west-2") == 0

    rows = {row[0]: row[-1] for row in cells(capsys.readouterr().out)}
    assert rows["pytorch-inference-neuronx"].startswith("public.ecr.aws/neuron/pytorch-")
    assert rows["tensorflow-inference-neuron"] == (
        "none (copy it to your own repository in eu-west-2 and name that)"
    )


def test_json_of_images_holds_the_name_in_the_region(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--kind", "images", "--region", "eu-west-1", "--json") == 0
    rows = {row["id"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["tensorflow-inference-neuron"]["uri"].startswith(
        "763104351884.dkr.ecr.eu-west-1.amazonaws.com/tensorflow-inference-neuron:"
    )

    assert run("--kind", "images", "--region", "cn-north-1", "--json") == 0
    rows = {row["id"]: row for row in json.loads(capsys.readouterr().out)}
    assert {row["uri"] for row in rows.values()} == {None}


def test_sources_are_numbered_and_dated_below_the_table(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("--kind", "prices", "--sources") == 0

    table, _, notes = capsys.readouterr().out.partition("\n1  ")
    numbered = dict(line.split("  ", 1) for line in f"1  {notes}".splitlines())
    rows = {row[0]: row[-1] for row in cells(table)}
    assert set(rows.values()) == set(numbered)
    assert numbered[rows["inf1.2xlarge"]] == (
        f"{EC2_PRICES['inf1.2xlarge'].source}; checked 2026-11-21"
    )


def test_region_without_a_row_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--region", "ap-east-2") == 0
    assert capsys.readouterr() == ("neuron: nothing known in ap-east-2\n", "")

    assert run("--region", "ap-east-2", "--json") == 0
    assert json.loads(capsys.readouterr().out) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--region", "mars-1"], r"--region must be one of af-south-1, .*, got 'mars-1'"),
        (
            ["--kind", "amis", "--region", "us-east-1"],
            "--region must be left out, because amis has no regions",
        ),
        (
            ["--kind", "end-of-life", "--region", "us-east-1"],
            "--region must be left out, because end-of-life has no regions",
        ),
    ],
)
def test_unusable_region_exits_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments) == 2

    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(message, err.strip())


def test_unknown_kind_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run("--kind", "quantum")

    assert caught.value.code == 2
    assert "invalid choice: 'quantum'" in capsys.readouterr().err


@pytest.mark.parametrize(("columns", "folded"), [(60, False), (150, True), (400, False)])
def test_terminal_folds_long_cells_where_that_fits_and_never_cuts(
    columns: int,
    folded: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", str(columns))

    assert run("--kind", "end-of-life") == 0

    out = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)
    assert "…" not in out
    widest = max(len(line) for line in out.splitlines())
    lines = len([line for line in out.splitlines() if line.strip()])
    if folded:
        assert widest <= columns
        assert lines > len(END_OF_LIFE) + 2
    else:
        assert lines == len(END_OF_LIFE) + 2
