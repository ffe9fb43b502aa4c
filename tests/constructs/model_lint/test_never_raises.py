"""Whatever a file holds, lint answers with findings."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model_lint import Repository, RepositoryFile, lint_repository

Make = Callable[[list[Any]], Repository]
_JUNK = (b"{", b"}", b"[", b"]", b'"', b"\x00", b"\xff", b":", b"key", b"-1", b"platform", b"#")


def _mutated(content: bytes, generator: random.Random) -> bytes:
    """The content with up to four pieces cut, doubled, swapped for junk or moved."""
    for _ in range(generator.randint(1, 4)):
        start, end = sorted(generator.choices(range(len(content) + 1), k=2))
        end = min(end, start + generator.choice((1, 3, 40, 4000)))
        piece = content[start:end]
        new = generator.choice((b"", piece * 2, generator.choice(_JUNK), piece[::-1]))
        content = content[:start] + new + content[end:]
    return content


@given(seed=st.integers(0, 2**32))
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_lint_never_raises_for_mutated_files(seed: int, repository: Make) -> None:
    generator = random.Random(seed)
    good = repository([{"set": {"recipe": {"token_ids": [16, 128]}}}] if seed % 2 else [])
    files = dict(good.files)
    for path in generator.sample(sorted(files), k=2):
        content = files[path].read(1 << 20) or b""
        moved = generator.choice((path, path.replace("/", "//"), path.upper(), path[2:]))
        files[moved] = RepositoryFile.of(moved, _mutated(content, generator))
    assert good.request is not None and good.answer is not None
    request = _mutated(good.request.read(1 << 20) or b"", generator)
    answer = _mutated(good.answer.read(1 << 20) or b"", generator)

    found = lint_repository(
        replace(
            good,
            files=files,
            request=RepositoryFile.of("golden/request.json", request),
            answer=RepositoryFile.of("golden/answer.json", answer),
        )
    )

    assert all(finding.path and finding.message for finding in found)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"a" * 100_000,
        b"input " * 20_000,
        b"input {" * 20_000,
        b"[" * 20_000,
        b'platform: "ensemble" ensemble_scheduling { step { } step { model_name: "ensemble" } }',
    ],
    ids=["empty", "binary", "one word", "names", "deep messages", "deep lists", "empty steps"],
)
def test_lint_never_raises_for_junk_in_any_file(content: bytes, repository: Make) -> None:
    good = repository([])
    for path in good.files:
        junk = {**good.files, path: RepositoryFile.of(path, content)}

        assert isinstance(lint_repository(replace(good, files=junk)), tuple)

    file = RepositoryFile.of("golden/request.json", content)
    found = lint_repository(replace(good, request=file, answer=file))
    assert {finding.rule.id for finding in found} == {"REQ001"}


def test_lint_takes_unreadable_and_unmade_files_as_unknown(repository: Make) -> None:
    def refuse() -> Any:
        raise PermissionError("no")

    good = repository([])
    files = {path: replace(file, open=refuse, size=None) for path, file in good.files.items()}

    assert {finding.rule.id for finding in lint_repository(replace(good, files=files))} == {
        "ENS001",
        "CFG004",
        "CFG005",
    }
