"""The goldens and the pack that a verification reads."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from golden_answers import parse_goldens
from model_artifacts import sha256_hex
from model_folders import GoldenQuestion, ModelFileError, build_golden_sources
from model_folders.golden_checks import LARGEST_REQUEST_BYTES

ANSWER = json.dumps({"outputs": [{"name": "y", "shape": [1], "data": [1]}]})


@pytest.fixture
def question(tmp_path: Path) -> GoldenQuestion:
    (tmp_path / "request.json").write_text('{"inputs": []}')
    (tmp_path / "answer.json").write_text(ANSWER)
    return GoldenQuestion(
        name="minilm",
        place="models/minilm/model.yaml",
        protocol="kserve-v2",
        request=tmp_path / "request.json",
        answer=tmp_path / "answer.json",
        max_absolute_error=0.1,
        minimum_cosine=None,
        latency_ms=None,
        attempts=3,
        digest="a" * 64,
    )


def test_every_offset_points_at_the_file_with_that_digest(
    question: GoldenQuestion, tmp_path: Path
) -> None:
    sources = build_golden_sources(
        [question, replace(question, name="copy")], directory=tmp_path / "out"
    )

    goldens = parse_goldens(sources.goldens_path.read_bytes())
    pack = sources.pack_path.read_bytes()
    assert [golden["name"] for golden in goldens] == ["copy", "minilm"]
    assert sources.count == 2
    for golden in goldens:
        for file in (golden["request"], golden["answer"]):
            start = file.get("offset", -1)
            assert sha256_hex(pack[start : start + file["size"]]) == file["sha256"]


def test_files_that_two_models_share_are_packed_once(
    question: GoldenQuestion, tmp_path: Path
) -> None:
    many = [replace(question, name=f"m{number}") for number in range(50)]

    sources = build_golden_sources(many, directory=tmp_path / "out")

    assert sources.pack_path.stat().st_size == len('{"inputs": []}') + len(ANSWER)


def test_the_order_of_the_questions_does_not_count(
    question: GoldenQuestion, tmp_path: Path
) -> None:
    two = [question, replace(question, name="other")]

    one = build_golden_sources(two, directory=tmp_path / "one")
    other = build_golden_sources(two[::-1], directory=tmp_path / "other")

    assert (one.goldens_digest, one.pack_digest) == (other.goldens_digest, other.pack_digest)


def test_every_golden_that_cannot_be_sent_is_named(
    question: GoldenQuestion, tmp_path: Path
) -> None:
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "other.json").write_text('{"predictions": [1]}')
    (tmp_path / "empty.json").write_text('{"outputs": []}')
    wrong = [
        replace(question, name="a", request=tmp_path / "none.json"),
        replace(question, name="b", request=tmp_path / "broken.json"),
        replace(question, name="c", answer=tmp_path / "other.json"),
        replace(question, name="d", answer=tmp_path / "empty.json"),
    ]

    with pytest.raises(ModelFileError) as caught:
        build_golden_sources(wrong, directory=tmp_path / "out")

    said = caught.value.problems
    assert len(said) == 4
    assert "none.json must be readable, got No such file" in said[0]
    assert "broken.json must be JSON, got Expecting" in said[1]
    assert "other.json must be an answer of kserve-v2, got: the answer has no list" in said[2]
    assert "empty.json must be an answer of kserve-v2, got: the answer names no output" in said[3]


@pytest.mark.parametrize(
    ("outputs", "problem"),
    [
        ([{"shape": [1], "data": [1]}], "outputs[0] has no name"),
        ([{"name": "y", "data": [1]}], "outputs[0] has no shape of whole numbers"),
        ([{"name": "y", "shape": [-1], "data": [1]}], "outputs[0] has no shape of whole numbers"),
        ([{"name": "y", "shape": [1, 2], "data": [1]}], "outputs[0] has 1 elements and the shape"),
        (
            [{"name": "y", "shape": [1], "parameters": {"binary_data_size": 4}}],
            "outputs[0] has no list of data; a binary answer is none",
        ),
        (["y"], "outputs[0] has no name"),
    ],
)
def test_a_golden_that_nothing_can_be_compared_with_is_refused(
    outputs: list[object], problem: str, question: GoldenQuestion, tmp_path: Path
) -> None:
    question.answer.write_text(json.dumps({"outputs": outputs}))

    with pytest.raises(ModelFileError) as caught:
        build_golden_sources([question], directory=tmp_path / "out")

    (said,) = caught.value.problems
    assert f"answer.json must be an answer of kserve-v2, got: {problem}" in said


def test_a_request_that_the_endpoint_does_not_take_is_refused_and_a_service_takes_it(
    question: GoldenQuestion, tmp_path: Path
) -> None:
    question.request.write_text(json.dumps("x" * LARGEST_REQUEST_BYTES))
    of_service = replace(question, path="/v2/models/minilm/infer")

    with pytest.raises(ModelFileError, match="must have at most 6,291,456 bytes"):
        build_golden_sources([question], directory=tmp_path / "out")

    assert build_golden_sources([of_service], directory=tmp_path / "out").count == 1


def test_an_empty_output_is_a_golden(question: GoldenQuestion, tmp_path: Path) -> None:
    question.answer.write_text('{"outputs": [{"name": "boxes", "shape": [0, 4], "data": []}]}')

    assert build_golden_sources([question], directory=tmp_path / "out").count == 1
