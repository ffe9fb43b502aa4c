"""``app.py`` as the CLI runs it: a process, its output and its exit status."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

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
    }


def test_context_wins_over_the_environment(tmp_path: Path) -> None:
    done = _run(tmp_path, context={"platform": "prod"}, PLATFORM="none-such")

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "prod-endpoint.template.json").is_file()


def test_a_wrong_platform_is_one_message_and_status_2(tmp_path: Path) -> None:
    done = _run(tmp_path, context={}, PLATFORM="none-such")

    assert done.returncode == 2
    assert "none-such.yaml" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.glob("*.template.json")) == []


def test_cdk_json_runs_this_app_in_the_projects_environment() -> None:
    assert json.loads((ROOT / "cdk.json").read_text())["app"] == ".venv/bin/python app.py"
