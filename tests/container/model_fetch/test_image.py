"""The Dockerfile, read: pinned, complete, and what the constructs believe of it."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

from inference_constructs.ecs import model_fetch as outside

ROOT = Path(__file__).resolve().parents[3]
DOCKERFILE = (ROOT / "container" / "model_fetch" / "Dockerfile").read_text()
PROGRAM = ast.parse((ROOT / "container/model_fetch/model_fetch/__main__.py").read_text())


def test_the_program_reads_the_variables_that_the_constructs_set() -> None:
    inside = {
        target.id: node.value.value
        for node in PROGRAM.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id.endswith("_VARIABLE")
    }

    set_outside = {name: getattr(outside, name) for name in dir(outside) if name in inside}
    assert set_outside == {
        name: value for name, value in inside.items() if name != "REGION_VARIABLE"
    }
    assert inside["REGION_VARIABLE"] == "AWS_REGION"


def test_it_copies_what_it_imports_and_the_base_is_an_exact_version() -> None:
    copied = dict(re.findall(r"^COPY (\S+) (\S+)$", DOCKERFILE, re.M))
    imported = {
        (node.module or "").split(".")[0]
        for node in ast.walk(PROGRAM)
        if isinstance(node, ast.ImportFrom)
    }

    assert all((ROOT / path).exists() for path in copied)
    packages = {Path(target).name for target in copied.values() if target.startswith("/app/")}
    ours = imported - set(sys.stdlib_module_names) - {"mypy_boto3_s3"}
    assert ours < packages == {"model_artifacts", "tf_serving_start", "model_fetch"}
    assert re.search(r"^ARG PYTHON_TAG=3\.11\.\d+-slim-bookworm$", DOCKERFILE, re.M)
    assert 'ENTRYPOINT ["python", "-m", "model_fetch"]' in DOCKERFILE
