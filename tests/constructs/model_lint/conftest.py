"""A good archive, and the small language of changes in which the cases are written."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from model_lint import Recipe, Repository, RepositoryFile, ServingImage

HERE = Path(__file__).parent
Change = Mapping[str, Any]
_STOCK_BACKENDS = ("dali", "onnxruntime", "python", "pytorch", "tensorrt")


def _content(text: str) -> bytes:
    """The few contents that are too long, or too binary, to stand in a case."""
    if text.startswith("PLAN "):
        header = b"ftrt" + bytes(20) + bytes(int(part) for part in text[5:].split(".")) + b"\x1a"
        return header.ljust(64, b"\0")
    if text == "HUGE":
        return b"label\n" * 200_000
    text = text.replace("DATA384", ", ".join(["0.5"] * 384))
    text = text.replace("MANY16", ", ".join(['["one"]'] * 16))
    if "BODY" in text:
        before, _, rest = text.partition("BODY")
        digits = rest[: rest.index('"')]
        text = before + "x" * int(digits) + rest[len(digits) :]
    return text.encode()


def _apply(files: dict[str, str], facts: dict[str, Any], change: Change) -> None:
    ((verb, what),) = change.items()
    if verb == "set":
        facts.update(what)
    elif verb == "write":
        files.update(what)
    elif verb == "append":
        for path, text in what.items():
            files[path] += text
    elif verb == "delete":
        matching = fnmatch.filter(files, what)
        assert matching, f"nothing matches {what}"
        for path in matching:
            del files[path]
    elif verb == "replace":
        for path, (old, new) in what.items():
            assert old in files[path], f"{old!r} is not in {path}"
            files[path] = files[path].replace(old, new, 1)
    else:
        assert verb in ("move", "copy"), verb
        for old, new in what.items():
            for path in [p for p in files if p.startswith(old) and not p.startswith("golden/")]:
                files[new + path.removeprefix(old)] = files[path]
                if verb == "move":
                    del files[path]


def _repository(changes: Sequence[Change]) -> Repository:
    files: dict[str, str] = yaml.safe_load((HERE / "base.yaml").read_text())
    facts: dict[str, Any] = {
        "target": "g4dn",
        "tag": "26.05-py3",
        "kind": "stock",
        "backends": _STOCK_BACKENDS,
        "golden": True,
    }
    for change in changes:
        _apply(files, facts, change)
    made = {path: RepositoryFile.of(path, _content(text)) for path, text in files.items()}
    recipe = None
    if "recipe" in facts:
        shapes = {name: (tuple(s), tuple(s), tuple(s)) for name, s in facts["recipe"].items()}
        recipe = Recipe(input="encoder/1/model.onnx", output="encoder/1/model.plan", shapes=shapes)
        made[recipe.output] = RepositoryFile(path=recipe.output, size=None)
    return Repository(
        files={path: file for path, file in made.items() if not path.startswith("golden/")},
        target=facts["target"],
        image=ServingImage(
            tag=facts["tag"],
            kind=facts["kind"],
            backends=frozenset(facts["backends"]),
            python="3.12",
            tensorrt="10.4.0",
        ),
        build_targets=tuple(facts.get("build_targets", ())),
        recipe=recipe,
        request=made["golden/request.json"] if facts["golden"] else None,
        answer=made["golden/answer.json"] if facts["golden"] else None,
        environment=facts.get("environment", {}),
    )


@pytest.fixture
def repository() -> Callable[[Sequence[Change]], Repository]:
    """Makes the good archive with some changes."""
    return _repository
