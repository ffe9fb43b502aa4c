"""The comment of `make diff`, from two small assemblies and the stock CLI."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.support.tool_module import TOOLS, load_tool

QUEUE = {"Type": "AWS::SQS::Queue", "Properties": {"DelaySeconds": 1}}


@pytest.fixture
def diff() -> ModuleType:
    return load_tool("diff")


def assembly(folder: Path, stacks: dict[str, Any]) -> dict[str, Path]:
    """A cloud assembly with these resources by stack; each stack needs the one before it."""
    folder.mkdir(parents=True)
    artifacts: dict[str, Any] = {}
    for name, resources in stacks.items():
        (folder / f"{name}.template.json").write_text(json.dumps({"Resources": resources}))
        artifacts[name] = {
            "type": "aws:cloudformation:stack",
            "environment": "aws://unknown-account/us-east-1",
            "properties": {"templateFile": f"{name}.template.json"},
            "dependencies": list(artifacts)[-1:],
        }
    manifest = {"version": "36.0.0", "artifacts": artifacts}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return {name: folder / f"{name}.template.json" for name in stacks}


def compared(
    diff: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    *,
    before: dict[str, Any],
    after: dict[str, Any],
) -> list[str]:
    """The paragraphs for a platform whose stacks were ``before`` and are ``after``."""
    stacks = {"before": before, "after": after}

    def synthesize(_tree: Path, _platform: str, out: Path) -> dict[str, Path]:
        return assembly(out, stacks[out.name])

    base = tmp_path / "base"
    (base / "platforms").mkdir(parents=True)
    (base / "platforms" / "laptop.yaml").touch()
    monkeypatch.setattr(diff, "BASE_TREE", base)
    monkeypatch.setattr(diff, "synthesize", synthesize)
    paragraphs: list[str] = diff.compare("laptop", tmp_path / "out")
    return paragraphs


def test_changed_stack_is_shown_property_by_property(
    diff: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    changed = {**QUEUE, "Properties": {"DelaySeconds": 2}}

    paragraphs = compared(
        diff,
        monkeypatch,
        tmp_path,
        before={"first": {"Queue": QUEUE}, "second": {"Queue": QUEUE}},
        after={"first": {"Queue": QUEUE}, "second": {"Queue": changed}},
    )

    assert len(paragraphs) == 1
    assert paragraphs[0].startswith("- **second**: changed")
    assert "DelaySeconds" in paragraphs[0]
    assert "[-] 1" in paragraphs[0] and "[+] 2" in paragraphs[0]


def test_stacks_that_come_and_go_are_named(
    diff: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    paragraphs = compared(
        diff,
        monkeypatch,
        tmp_path,
        before={"old": {"Queue": QUEUE}},
        after={"new": {"Queue": QUEUE}},
    )

    assert paragraphs == ["- **old**: removed", "- **new**: new"]


def test_equal_stacks_are_not_mentioned(
    diff: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    same = {"first": {"Queue": QUEUE}}

    assert compared(diff, monkeypatch, tmp_path, before=same, after=same) == []


def test_failing_command_says_what_it_printed(diff: ModuleType) -> None:
    with pytest.raises(diff.DiffFailedError, match="Needed a single revision"):
        diff.command(["git", "rev-parse", "--verify", "no-such-commit"], cwd=TOOLS, variables={})
