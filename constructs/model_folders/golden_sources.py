"""Writes what a deployment is verified with as two assets: the goldens and a pack of their bytes.

Like the manifest, they keep a template as long for 20,000 models as for two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from golden_answers import GOLDENS_VERSION, Golden, GoldenFile, Goldens, Protocol
from model_artifacts import JsonValue, canonical_json, parse_manifest, sha256_hex
from model_folders.errors import ModelFileError
from model_folders.folder import Build, ModelFolder
from model_folders.golden_checks import answer_problem, request_problem


@dataclass(frozen=True, kw_only=True)
class GoldenQuestion:
    """A request file and an answer file, with the bounds of the answer.

    ``place`` says in messages where it was asked for. ``digest`` and ``path`` are as in `Golden`.
    """

    name: str
    place: str
    protocol: Protocol
    request: Path
    answer: Path
    max_absolute_error: float | None
    minimum_cosine: float | None
    latency_ms: int | None
    attempts: int
    digest: str = ""
    path: str = ""


@dataclass(frozen=True, kw_only=True)
class GoldenSources:
    """Where goldens and pack were written, their SHA-256, and how many there are."""

    goldens_path: Path
    goldens_digest: str
    pack_path: Path
    pack_digest: str
    count: int


def model_questions(
    models: Sequence[tuple[ModelFolder, Build]],
    *,
    manifest: Path,
    latency_ms: int | None,
    attempts: int,
) -> list[GoldenQuestion]:
    """The question to each model whose build has a golden, in the order of ``models``.

    ``manifest`` is the one that publishes them; it has the digest of what should answer.
    """
    digests = {
        model["name"]: model["digest"] for model in parse_manifest(manifest.read_bytes())["models"]
    }
    questions: list[GoldenQuestion] = []
    for folder, build in models:
        golden = folder.golden(build)
        if golden is not None:
            questions.append(
                GoldenQuestion(
                    name=folder.name,
                    place=str(folder.model_file),
                    protocol="kserve-v2",
                    request=folder.path / golden.request,
                    answer=folder.path / golden.answer,
                    max_absolute_error=golden.max_absolute_error,
                    minimum_cosine=golden.minimum_cosine,
                    latency_ms=latency_ms,
                    attempts=attempts,
                    digest=digests[folder.name],
                )
            )
    return questions


def build_golden_sources(questions: Sequence[GoldenQuestion], *, directory: Path) -> GoldenSources:
    """Write ``goldens.json`` and ``goldens.pack`` below ``directory``, equal for equal questions.

    Raises ModelFileError with every file that cannot be read and every answer that is none.
    """
    directory.mkdir(parents=True, exist_ok=True)
    contents, problems = _read(questions)
    if problems:
        raise ModelFileError(problems)
    pack_path = directory / "goldens.pack"
    offsets: dict[str, int] = {}
    packed = {sha256_hex(content): content for content in contents.values()}
    with pack_path.open("wb") as pack:
        for digest in sorted(packed):
            offsets[digest] = pack.tell()
            pack.write(packed[digest])
    goldens: Goldens = {
        "version": GOLDENS_VERSION,
        "goldens": [
            _golden(question, contents, offsets)
            for question in sorted(questions, key=lambda question: question.name)
        ],
    }
    body = canonical_json(cast(JsonValue, goldens))
    goldens_path = directory / "goldens.json"
    goldens_path.write_bytes(body)
    return GoldenSources(
        goldens_path=goldens_path,
        goldens_digest=sha256_hex(body),
        pack_path=pack_path,
        pack_digest=sha256_hex(pack_path.read_bytes()),
        count=len(questions),
    )


def _read(questions: Sequence[GoldenQuestion]) -> tuple[dict[Path, bytes], list[str]]:
    contents: dict[Path, bytes] = {}
    problems: list[str] = []
    for question in questions:
        for path in (question.request, question.answer):
            try:
                contents[path] = path.read_bytes()
            except OSError as error:
                problems.append(
                    f"{question.place}: {path} must be readable, got {error.strerror}"
                    " (write it, or correct the path)"
                )
        problems.extend(_format_problems(question, contents))
    return contents, problems


def _format_problems(question: GoldenQuestion, contents: Mapping[Path, bytes]) -> list[str]:
    found: list[tuple[Path, str | None]] = []
    if question.request in contents:
        body = contents[question.request]
        found.append((question.request, request_problem(body, of_endpoint=not question.path)))
    if question.answer in contents:
        body = contents[question.answer]
        found.append((question.answer, answer_problem(body, question.protocol)))
    return [f"{question.place}: {path} {text}" for path, text in found if text is not None]


def _golden(
    question: GoldenQuestion, contents: Mapping[Path, bytes], offsets: Mapping[str, int]
) -> Golden:
    return Golden(
        name=question.name,
        protocol=question.protocol,
        digest=question.digest,
        path=question.path,
        request=_file(contents[question.request], offsets),
        answer=_file(contents[question.answer], offsets),
        max_absolute_error=question.max_absolute_error,
        minimum_cosine=question.minimum_cosine,
        latency_ms=question.latency_ms,
        attempts=question.attempts,
    )


def _file(content: bytes, offsets: Mapping[str, int]) -> GoldenFile:
    digest = sha256_hex(content)
    return GoldenFile(sha256=digest, size=len(content), offset=offsets[digest])
