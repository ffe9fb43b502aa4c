"""MiniLM: real weights, so real answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime as ort
import pytest
from tokenizers import Tokenizer

from tests.support.fake_triton import PythonModel, TritonModelException

Array = npt.NDArray[Any]
GOLDEN = Path(__file__).parents[2] / "data/minilm-golden.json"


@pytest.fixture(scope="module")
def repository(laptop_model: Callable[[str], Path]) -> Path:
    return laptop_model("minilm")


@pytest.fixture(scope="module")
def steps(repository: Path) -> dict[str, PythonModel]:
    names = ("preprocess", "encoder", "postprocess")
    return {name: PythonModel(repository / name) for name in names}


def _embed(steps: dict[str, PythonModel], texts: list[str]) -> Array:
    rows = np.array([[text.encode()] for text in texts], np.object_)
    tokens = steps["preprocess"].run(INPUT0=rows)
    ids, mask = tokens["OUTPUT0"], tokens["OUTPUT1"]
    output = steps["encoder"].run(token_ids=ids, attn_mask=mask)["output"]
    embedded = steps["postprocess"].run(TOKEN_EMBEDS_POST=output, ATTENTION_POST=mask)
    return embedded["SENT_EMBED"]


def test_a_hundred_sentences_have_the_embeddings_of_sentence_transformers(
    repository: Path,
) -> None:
    data = json.loads(GOLDEN.read_bytes())
    expected = np.array(data["embeddings"])
    tokenizer = Tokenizer.from_file(str(repository / "preprocess/1/tokenizer.json"))
    tokenizer.enable_truncation(max_length=128)
    tokenizer.enable_padding(length=128)
    session = ort.InferenceSession(
        str(repository / "encoder/1/model.onnx"), providers=["CPUExecutionProvider"]
    )

    encodings = tokenizer.encode_batch(data["sentences"])
    ids = np.array([encoding.ids for encoding in encodings], np.int32)
    mask = np.array([encoding.attention_mask for encoding in encodings], np.int32)
    parts = [
        session.run(None, {"token_ids": ids[i : i + 10], "attn_mask": mask[i : i + 10]})[0]
        for i in range(0, 100, 10)
    ]

    sums = (np.concatenate(parts).astype(np.float64) * mask[:, :, None]).sum(1)
    cosines = (sums * expected).sum(1) / np.linalg.norm(sums, axis=1)
    cosines /= np.linalg.norm(expected, axis=1)
    assert len(cosines) == 100
    assert cosines.min() > 0.9999


def test_the_steps_give_the_golden_answer(
    steps: dict[str, PythonModel], golden: Callable[[str], tuple[Any, Array, Any]]
) -> None:
    tensor, answer, _ = golden("minilm")

    vectors = _embed(steps, tensor["data"])

    assert tensor["shape"] == [len(tensor["data"]), 1]
    assert np.abs(vectors - answer).max() < 1e-5
    assert np.abs(np.linalg.norm(vectors, axis=1) - 1).max() < 1e-6


def test_a_text_beyond_128_tokens_is_cut_and_ends_in_the_separator(
    steps: dict[str, PythonModel],
) -> None:
    rows = np.array([[b"word " * 500], [b""]], np.object_)

    tokens = steps["preprocess"].run(INPUT0=rows)

    assert tokens["OUTPUT1"].sum(1).tolist() == [128, 2]
    assert tokens["OUTPUT0"][0, [0, -1]].tolist() == [101, 102]
    assert tokens["OUTPUT0"][1, :3].tolist() == [101, 102, 0]


def test_bytes_that_are_no_text_fail_alone(steps: dict[str, PythonModel]) -> None:
    bad, good = (np.array([[body]], np.object_) for body in (b"\xff", b"text"))

    responses = steps["preprocess"].responses({"INPUT0": bad}, {"INPUT0": good})

    assert responses[0].error is not None
    assert responses[0].error.text.startswith("INPUT0 must be UTF-8 text: 'utf-8' codec")
    assert responses[1].error is None


def test_a_mask_without_tokens_gives_zeros_and_no_nan(steps: dict[str, PythonModel]) -> None:
    vectors = steps["postprocess"].run(
        TOKEN_EMBEDS_POST=np.ones((1, 128, 384), np.float32),
        ATTENTION_POST=np.zeros((1, 128), np.int32),
    )

    assert (vectors["SENT_EMBED"] == 0).all()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError("4 GB"), "out of memory: MemoryError: 4 GB"),
        ("Failed to allocate memory for requested buffer", "out of memory: Fail: "),
        ("bad input rank", "Fail: bad input rank"),
    ],
)
def test_a_lack_of_memory_is_told_in_the_words_that_sagemaker_reads(
    repository: Path, monkeypatch: pytest.MonkeyPatch, error: object, words: str
) -> None:
    encoder = PythonModel(repository / "encoder")
    raised = error if isinstance(error, Exception) else encoder.module.Fail(error)

    def fail(*_: object) -> None:
        raise raised

    monkeypatch.setattr(encoder.module.ort.InferenceSession, "run", fail)
    tokens = np.zeros((1, 128), np.int32)

    with pytest.raises(TritonModelException) as caught:
        encoder.responses({"token_ids": tokens, "attn_mask": tokens})

    assert str(caught.value).startswith(words)


def test_the_number_of_threads_comes_from_the_environment(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[int] = []

    def open_session(_path: str, options: ort.SessionOptions, **_: object) -> None:
        opened.append(options.intra_op_num_threads)

    monkeypatch.setattr(ort, "InferenceSession", open_session)
    monkeypatch.setenv("INFERENCE_CPU_THREADS", "7")
    PythonModel(repository / "encoder")
    monkeypatch.delenv("INFERENCE_CPU_THREADS")
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1, 2})
    PythonModel(repository / "encoder")

    assert opened == [7, 3]
