"""``inferctl plan``: fleets that hold, fleets that are refused, and unusable input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from inferctl.environment import ROOT
from inferctl.output import console
from tests.support.verbs import run_verb

_TRAFFIC = "model,calls_per_minute\nminilm,600\na,100\nb,30\nc,5\nd,1\n"
_MEASURED = "model,host_mib,gpu_mib,load_seconds,service_ms\n*,3000,6000,8,12\n"


def _plan(folder: Path, *more: str, traffic: str = _TRAFFIC, measured: str = _MEASURED) -> int:
    (folder / "t.csv").write_text(traffic)
    (folder / "m.csv").write_text(measured)
    platform = str(ROOT / "platforms" / "prod.yaml")
    files = ("--traffic", str(folder / "t.csv"), "--measured", str(folder / "m.csv"))
    return run_verb("plan", "--platform", platform, *files, *more)


def test_the_fewest_instances_that_hold_are_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _plan(tmp_path, "--json") == 0

    plan = json.loads(capsys.readouterr().out)
    assert (plan["best"]["instance_type"], plan["best"]["instances"]) == ("ml.g4dn.4xlarge", 3)
    assert plan["best"]["hit_ratio"] == 1
    assert plan["best"]["usd_per_month"] == pytest.approx(3 * 1.505 * 730)


def test_a_fleet_that_thrashes_is_refused_with_what_would_hold(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _plan(tmp_path, "--max-instances", "1") == 1

    said = capsys.readouterr().out
    assert "1 x ml.g4dn.4xlarge refused: it thrashes: loads take" in said
    assert "What would hold: 3 x ml.g4dn.4xlarge ($3,296 a month), or" in said
    assert "AWS does not document these" in said


def test_a_model_that_no_instance_holds_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measured = "model,host_mib,gpu_mib\n*,300,600\na,300,60000\n"

    assert _plan(tmp_path, measured=measured) == 1

    said = capsys.readouterr().out
    assert "a cannot load: it takes 60,000 MiB of GPU memory, of which 14,234 MiB are" in said
    assert "No number of instances of any type here would hold it" in said


def test_the_cheapest_of_several_types_is_chosen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    types = ("--instance-type", "ml.g4dn.xlarge", "--instance-type", "ml.g5.xlarge")

    assert _plan(tmp_path, *types) == 0

    assert "3 x ml.g4dn.xlarge ($1,613 a month) hold this traffic." in capsys.readouterr().out


def test_everything_wrong_is_said_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = [
        *("--instance-type", "ml.g5.xlarg", "--instance-type", "ml.g5.12xlarge"),
        *("--instance-type", "any"),
    ]

    assert _plan(tmp_path, *options, "--slots", "0", "--target-hit-ratio", "2", traffic="x\n") == 2

    said = capsys.readouterr().err
    assert "--slots must be 1 to 512, got 0" in said
    assert "--target-hit-ratio must be 0 to 1, got 2" in said
    assert "'ml.g5.xlarg' is not in the catalogue; did you mean ml.g5.xlarge?" in said
    assert "ml.g5.12xlarge has 4 GPUs; one is allowed" in said
    assert "t.csv:1: column model is missing" in said


def test_a_p99_below_a_cold_call_asks_for_more_memory(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    traffic = "model,calls_per_minute\n" + "".join(f"m{each},2\n" for each in range(40))
    measured = "model,host_mib,gpu_mib,load_seconds,service_ms\n*,100,700,2,12\n"
    counts = []
    for bound in ([], ["--p99-ms", "100"]):
        assert _plan(tmp_path, *bound, "--json", traffic=traffic, measured=measured) == 0
        counts.append(json.loads(capsys.readouterr().out)["best"])

    assert counts[1]["instances"] >= counts[0]["instances"]
    assert counts[1]["p99_ms"] <= 100


def test_a_missing_platform_hides_no_other_problem(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    platform = ("--platform", str(tmp_path / "none.yaml"))

    assert _plan(tmp_path, *platform, "--slots", "0", traffic="x\n", measured="y\n") == 2

    said = capsys.readouterr().err
    for problem in ("none.yaml", "--slots must be", "t.csv:1: column model", "m.csv:1: column"):
        assert problem in said


def test_without_a_price_the_fewest_instances_are_best(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inferctl.commands._plan_types._price", lambda *_: None)

    assert _plan(tmp_path, "--instance-type", "ml.g4dn.xlarge") == 0

    said = capsys.readouterr().out
    assert "3 x ml.g4dn.xlarge hold this traffic." in said
    assert "the catalogue has no price in us-east-1 of ml.g4dn.xlarge" in said


def test_the_table_is_turned_where_it_is_too_wide(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "_width", 80)
    types = ("ml.g4dn.xlarge", "ml.g4dn.4xlarge", "ml.g5.xlarge", "ml.g5.2xlarge", "ml.g6.xlarge")

    assert _plan(tmp_path, *(word for each in types for word in ("--instance-type", each))) == 0

    lines = capsys.readouterr().out.splitlines()
    table = lines[: next(n for n, line in enumerate(lines) if "hold this traffic" in line)]
    assert max(len(line) for line in table) <= 80
    heads = [line for line in table if line.startswith("instance type")]
    assert [word for line in heads for word in line.split()[2:]] == [*types]
    assert [line.split()[0] for line in table].count("holds") == len(heads) > 1
