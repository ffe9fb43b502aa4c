"""``app.py`` as the CLI runs it: a process, its output and its exit status."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _run(outdir: Path, *, context: dict[str, str], **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "app.py")],
        cwd=outdir,
        env={
            **{name: value for name, value in os.environ.items() if name != "PLATFORM"},
            "CDK_OUTDIR": str(outdir),
            "CDK_CONTEXT_JSON": json.dumps(context),
            "CDK_VALIDATION": "false",
            **env,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_laptop_is_the_default_and_needs_no_context(tmp_path: Path) -> None:
    done = _run(tmp_path, context={})

    assert done.returncode == 0, done.stderr
    assert {file.name.split(".")[0] for file in tmp_path.glob("*.template.json")} == {
        "laptop-network",
        "laptop-models",
        "laptop-endpoint",
        "laptop-cluster",
        "laptop-monitoring",
    }


def test_context_wins_over_the_environment(tmp_path: Path) -> None:
    done = _run(tmp_path, context={"platform": "prod"}, PLATFORM="none-such")

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "prod-endpoint.template.json").is_file()


def test_a_host_that_serves_nothing_leaves_out_what_asks_and_warms_models(tmp_path: Path) -> None:
    file = ROOT / "tests" / "stacks" / "platforms" / "rollouts.yaml"

    done = _run(tmp_path, context={"platform": str(file), "verification": "off"})

    assert done.returncode == 0, done.stderr
    template = json.loads((tmp_path / "rollouts-endpoint.template.json").read_text())
    types = {resource["Type"] for resource in template["Resources"].values()}
    assert "AWS::SageMaker::Endpoint" in types
    assert [name for name in types if name.startswith("Custom::")] == []


@pytest.mark.parametrize(
    ("name", "file"),
    [("none-such", f"{ROOT}/platforms/none-such.yaml:"), ("../there/it.yml", "../there/it.yml:")],
)
def test_a_wrong_platform_is_one_message_and_status_2(name: str, file: str, tmp_path: Path) -> None:
    done = _run(tmp_path, context={}, PLATFORM=name)

    assert done.returncode == 2
    assert done.stderr.startswith(file)
    assert "Traceback" not in done.stderr
    assert list(tmp_path.glob("*.template.json")) == []


def test_a_model_that_will_not_serve_is_a_readable_list_and_status_2(tmp_path: Path) -> None:
    file = tmp_path / "stock.yaml"
    file.write_text(
        "platform: stock\nregion: us-east-1\nendpoint: {image: {kind: stock}}\n"
        "models: [{name: minilm}]\n"
    )

    done = _run(tmp_path, context={"platform": str(file)})

    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert lines[0] == "minilm"
    assert lines[1].endswith("models/minilm/repository/preprocess/1/model.py:7:1")
    assert lines[2].startswith("    error PYB008: ")
    assert lines[3].startswith("    fix: use image kind extended")
    assert lines[-1] == "1 model: 1 error, 0 warnings"
    assert list(tmp_path.glob("*.template.json")) == []


def test_a_platform_file_of_any_path_is_named_in_its_problems(tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text("platform: wrong\nregion: us-est-1\nendpoint: {scaling: on}\n")

    done = _run(tmp_path, context={"platform": str(file)})

    assert done.returncode == 2
    problems = done.stderr.strip().split("\n\n")
    assert [problem.split()[:2] for problem in problems] == [
        [f"{file}:", "endpoint.scaling:"],
        [f"{file}:", "region:"],
    ]
    assert "Traceback" not in done.stderr


def test_cdk_json_runs_this_app_in_the_projects_environment() -> None:
    # the CDK library keeps fingerprints of assets below the home directory; ours is the checkout's
    expected = "HOME=$PWD/.cache/home .venv/bin/python app.py"
    assert json.loads((ROOT / "cdk.json").read_text())["app"] == expected
