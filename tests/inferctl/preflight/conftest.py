"""Real platforms, synthesized once for all checks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from inferctl.commands.preflight import acknowledged
from inferctl.preflight.subject import Subject
from inferctl.preflight.synthesis import synthesize
from inferctl.preflight.templates import Template
from stacks.config import load_platform

ROOT = Path(__file__).resolve().parents[3]
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def subject_of(path: Path) -> Subject:
    platform = load_platform(path, models_root=ROOT / "models")
    return Subject(
        platform=platform,
        templates=synthesize(platform),
        now=NOW,
        acknowledged=acknowledged(path),
    )


@pytest.fixture(scope="session")
def prod() -> Subject:
    return subject_of(ROOT / "platforms" / "prod.yaml")


@pytest.fixture(scope="session")
def dev() -> Subject:
    return subject_of(ROOT / "platforms" / "dev.yaml")


@pytest.fixture(scope="session")
def fleet() -> Subject:
    """Every kind of pool, in images of a registry of one's own."""
    return subject_of(ROOT / "tests" / "stacks" / "platforms" / "fleet.yaml")


@pytest.fixture
def subject_with(prod: Subject) -> Callable[..., Subject]:
    """The platform ``prod`` as if it had other stacks."""

    def subject_with(**templates: Template) -> Subject:
        return replace(prod, templates=templates)

    return subject_with
