"""Guards of the layout: what the folder names promise, and the traps they hide."""

from __future__ import annotations

import ast
import importlib.util
import pkgutil
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
SOURCE_ROOTS = ("constructs", "lambda")
TOP_LEVEL = (
    *("app.py", "cdk.json", "requirements.txt", "stacks", "constructs", "lambda"),
    *("container", "tests", "platforms", "models", "inferctl", "Makefile", ".ci/run"),
)
NEVER_IMPORTED = {
    "lambda": {"aws_cdk", "inference_constructs", "stacks", "inferctl"},
    "lambda/golden_answers": {"boto3", "botocore"},
    "lambda/model_metrics": {"boto3", "botocore"},
    "constructs/accelerator_catalog": {"aws_cdk", "stacks", "inferctl"},
    "constructs/fleet_packing": {"aws_cdk", "stacks", "inferctl", "boto3"},
    "constructs/tf_serving_images": {"aws_cdk", "stacks", "inferctl", "boto3"},
    "constructs/metric_catalog": {"aws_cdk", "inference_constructs", "stacks", "inferctl", "boto3"},
    "constructs/rollouts": {"aws_cdk", "inference_constructs", "stacks", "inferctl", "boto3"},
    "constructs/model_folders": {"aws_cdk", "stacks", "inferctl"},
    "container/load_client": {"aws_cdk", "inference_constructs", "stacks", "inferctl"},
    "container/model_compiler": {
        *("aws_cdk", "inference_constructs", "stacks", "inferctl", "model_folders"),
    },
    "container/model_fetch": {"aws_cdk", "inference_constructs", "stacks", "inferctl"},
    "container/neuron_metrics": {
        *("aws_cdk", "inference_constructs", "stacks", "inferctl", "fleet_packing"),
    },
    "container/tf_serving_start": {
        *("aws_cdk", "inference_constructs", "stacks", "inferctl", "tf_serving_images"),
    },
    "constructs/model_lint": {"aws_cdk", "stacks", "inferctl"},
    "constructs/inference_constructs": {"stacks", "inferctl"},
    "stacks": {"inferctl"},
}


@pytest.mark.parametrize("name", TOP_LEVEL)
def test_top_level_entry_exists(name: str) -> None:
    assert (ROOT / name).exists()


@pytest.mark.parametrize("name", SOURCE_ROOTS)
def test_source_root_has_no_init_file(name: str) -> None:
    assert not (ROOT / name / "__init__.py").exists()


def test_constructs_is_the_published_package() -> None:
    found = importlib.util.find_spec("constructs")

    assert found is not None and found.origin is not None
    assert "site-packages" in Path(found.origin).parts


def test_no_test_folder_is_a_package() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []
    assert not (ROOT / "tests" / "conftest.py").exists()


@pytest.mark.parametrize("room", NEVER_IMPORTED)
def test_room_imports_nothing_from_above(room: str) -> None:
    imported = {
        (path.name, name)
        for path in (ROOT / room).rglob("*.py")
        for name in _imports(path)
        if name in NEVER_IMPORTED[room]
    }

    assert imported == set()


def test_platform_config_needs_no_cdk() -> None:
    assert "aws_cdk" not in _imports(ROOT / "stacks" / "config.py")


def test_handlers_named_by_contracts_are_callable() -> None:
    names = []
    for contract in sorted((ROOT / "lambda").glob("*/contract.py")):
        names += re.findall(
            r'^(?:ON_EVENT|IS_COMPLETE|HANDLER)\b.*= "(.+)"$', contract.read_text(), re.M
        )

    assert names
    for name in names:
        module, _, function = name.rpartition(".")
        assert callable(pkgutil.resolve_name(f"{module}:{function}"))


def test_requirements_are_pinned_and_end_with_the_project() -> None:
    lines = [x for x in (ROOT / "requirements.txt").read_text().splitlines() if x[:1] != "#"]

    assert lines[-1] == "-e ."
    assert [line for line in lines[:-1] if "==" not in line] == []


def test_cdk_library_and_cli_are_the_versions_that_go_together() -> None:
    package = (ROOT / "package.json").read_text()
    requirements = (ROOT / "requirements.txt").read_text()

    assert '"aws-cdk": "2.1148.1"' in package
    assert "aws-cdk-lib==2.275.0" in requirements.splitlines()


def _imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflow_pins_its_actions_by_commit_and_needs_no_secret(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text())
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    used = [step["uses"] for step in steps if "uses" in step]

    assert used and all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action) for action in used)
    assert "secrets." not in path.read_text()
    assert workflow["permissions"]["contents"] == "read"


def test_pre_commit_hooks_run_in_the_checkouts_environment() -> None:
    configuration = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    hooks = [hook for repository in configuration["repos"] for hook in repository["hooks"]]

    assert {"ruff-format", "ruff-check", "mypy", "lint"} == {hook["id"] for hook in hooks}
    assert all(hook["entry"].startswith("tools/run ") for hook in hooks)


def test_ci_runs_what_a_laptop_runs() -> None:
    assert (ROOT / ".ci" / "run").read_text().rstrip().endswith("exec make test")
