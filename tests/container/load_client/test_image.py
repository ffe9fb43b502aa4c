"""The image: pinned, not root, and nothing in the package that is not in it."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
IMAGE = ROOT / "container" / "load_client"
DOCKERFILE = (IMAGE / "Dockerfile").read_text()
INSTALLED = {"boto3", "botocore", "google", "grpc", "load_client", "model_artifacts", "numpy"}


def pins(path: Path) -> set[str]:
    return {line for line in path.read_text().splitlines() if line and line[0] not in "#-"}


def test_its_packages_are_pinned_to_the_projects_versions() -> None:
    ours = pins(IMAGE / "requirements.txt")

    assert ours
    assert ours <= pins(ROOT / "requirements.txt")


def test_its_base_is_an_exact_version_and_its_user_is_not_root() -> None:
    lines = DOCKERFILE.splitlines()

    assert "FROM python:3.11.14-slim-bookworm" in lines
    assert "USER 10001" in lines
    assert 'ENTRYPOINT ["python", "-m", "load_client"]' in lines


def test_the_package_imports_only_what_the_image_has() -> None:
    imported: set[str] = set()
    for path in (IMAGE / "load_client").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module.split(".")[0])

    assert imported - set(sys.stdlib_module_names) <= INSTALLED
