"""Preparation steps: done once, done again when an input changes, honest about failures."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.support.tool_module import TOOLS, load_tool


@pytest.fixture(scope="module")
def prepare() -> ModuleType:
    return load_tool("prepare")


def test_step_is_done_until_an_input_changes(prepare: ModuleType, tmp_path: Path) -> None:
    source = tmp_path / "requirements.txt"
    source.write_text("a==1\n")
    command = (sys.executable, "-c", "print('working')")
    step = prepare.Step("packages", tmp_path / "stamp", (source,), (command,))
    assert not step.is_done()

    prepare.run(step, tmp_path / "log")

    assert step.is_done()
    source.write_text("a==2\n")
    assert not step.is_done()


def test_failing_step_leaves_no_stamp_and_its_output_in_the_log(
    prepare: ModuleType, tmp_path: Path
) -> None:
    command = (sys.executable, "-c", "print('no network'); raise SystemExit(3)")
    step = prepare.Step("packages", tmp_path / "stamp", (), (command,))

    with pytest.raises(prepare.StepFailedError, match="packages: python"):
        prepare.run(step, tmp_path / "log")

    assert not step.stamp.exists()
    assert "no network" in (tmp_path / "log").read_text()


def test_gates_need_everything_that_running_needs(prepare: ModuleType) -> None:
    running = {step.name for step in prepare.steps(gates=False)} - {"CDK CLI"}
    gates = {step.name for step in prepare.steps(gates=True)}

    assert running <= gates


def test_nothing_is_cached_outside_the_checkout(prepare: ModuleType) -> None:
    variables = prepare.environment()
    root = str(TOOLS.parent)

    for name in (
        "PIP_CACHE_DIR",
        "npm_config_cache",
        "CDK_HOME",
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT",
    ):
        assert variables[name].startswith(root), name
    assert "PYTHONDONTWRITEBYTECODE" not in variables


def test_onnx_runtime_reports_nothing_and_writes_nothing_into_the_home_directory(
    prepare: ModuleType, tmp_path: Path
) -> None:
    variables = {**prepare.environment(), "HOME": str(tmp_path)}

    subprocess.run([sys.executable, "-c", "import onnxruntime"], env=variables, check=True)

    assert list(tmp_path.rglob("*")) == []
