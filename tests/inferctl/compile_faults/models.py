"""Models of one operator and the manifests that name them, as synthesis writes them."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import onnxruntime as ort
from onnx import TensorProto

from inferctl.exporters.graph import GraphWriter
from model_artifacts import (
    JsonValue,
    Manifest,
    ManifestFile,
    ManifestModel,
    artifact_digest,
    canonical_json,
    sha256_hex,
)

CONFIG = b'backend: "onnxruntime"\n'
INPUTS = (1.0, 2.0, 3.0, 4.0)
REQUEST = json.dumps(
    {"inputs": [{"name": "x", "shape": [1, 4], "datatype": "FP32", "data": INPUTS}]}
).encode()
_IMAGE = "26.05-py3"


@dataclass(frozen=True, kw_only=True)
class Tiny:
    """``y = operator(x, factor)``: compiled by a recipe, or packaged as it is.

    ``blob``: its ONNX file is an object of its own instead of a part of the pack.
    """

    factor: float
    compiled: bool = False
    operator: str = "Mul"
    max_absolute_error: float = 1e-6
    minimum_cosine: float = 0.99999
    blob: bool = False

    def onnx(self) -> bytes:
        """The model's bytes."""
        graph = GraphWriter("tiny")
        graph.input("x", TensorProto.FLOAT, ["batch", 4])
        weight = graph.weight("factor", np.array([self.factor], np.float32))
        if self.operator.startswith("Random"):
            graph.node(self.operator, ["x"], "random", dtype=int(TensorProto.FLOAT))
            graph.node("Mul", ["random", weight], "y")
        else:
            graph.node(self.operator, ["x", weight], "y")
        graph.output("y", ["batch", 4])
        data: bytes = graph.model().SerializeToString(deterministic=True)
        return data

    @property
    def recipe(self) -> JsonValue:
        """None where nothing is compiled."""
        if not self.compiled:
            return None
        return {
            "engine": "onnxruntime",
            "input": "scale/1/uncompiled.onnx",
            "output": "scale/1/model.onnx",
            "optimization": "extended",
            "revision": 1,
            "verify": {
                "request": "golden/request.json",
                "sha256": sha256_hex(REQUEST),
                "max_absolute_error": self.max_absolute_error,
                "minimum_cosine": self.minimum_cosine,
            },
        }

    @property
    def files(self) -> dict[str, bytes]:
        """By path in the archive."""
        name = "uncompiled" if self.compiled else "model"
        return {"scale/1/" + name + ".onnx": self.onnx(), "scale/config.pbtxt": CONFIG}


@dataclass
class Release:
    """A manifest with everything that it names, by key of the source bucket."""

    fleet: str
    prefix: str
    models: Mapping[str, Tiny]
    objects: dict[str, bytes] = field(default_factory=dict)
    manifest_key: str = ""
    digest: str = ""
    pack_key: str = ""
    _pack: bytearray = field(default_factory=bytearray)
    digests: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        entries = [self._entry(name, self.models[name]) for name in sorted(self.models)]
        manifest = Manifest(version=1, fleet=self.fleet, prefix=self.prefix, models=entries)
        body = canonical_json(cast(JsonValue, manifest))
        self.digest = sha256_hex(body)
        self.digests = {entry["name"]: entry["digest"] for entry in entries}
        self.manifest_key = f"{self.digest}.json"
        pack = bytes(self._pack)
        self.pack_key = f"{self.prefix.strip('/')}-{sha256_hex(pack)}.pack"
        self.objects |= {self.manifest_key: body, self.pack_key: pack}

    @property
    def answers(self) -> dict[str, float]:
        """What each model makes of one."""
        return {name: tiny.factor for name, tiny in self.models.items()}

    def blob_of(self, model: str) -> str:
        """The key of a model's ONNX file."""
        return self._blob_key(self.models[model].onnx())

    def _entry(self, name: str, tiny: Tiny) -> ManifestModel:
        files = [self._file(path, data, tiny) for path, data in sorted(tiny.files.items())]
        compiler = "onnxruntime:1" if tiny.compiled else None
        shapes: JsonValue = {"x": [4]}
        entry = ManifestModel(
            name=name,
            build="compiled" if tiny.compiled else "plain",
            target="cpu",
            digest=artifact_digest(
                files=files,
                recipe=tiny.recipe,
                compiler_image=compiler,
                serving_image=_IMAGE,
                target="cpu",
                precision="fp32",
                shapes=shapes,
            ),
            serving_image=_IMAGE,
            compiler_image=compiler,
            precision="fp32",
            shapes=shapes,
            recipe=tiny.recipe,
            files=files,
        )
        if tiny.compiled:
            entry["golden"] = self._packed("golden/request.json", REQUEST)
        return entry

    def _file(self, path: str, data: bytes, tiny: Tiny) -> ManifestFile:
        if not (tiny.blob and path.endswith(".onnx")):
            return self._packed(path, data)
        key = self._blob_key(data)
        self.objects[key] = data
        return ManifestFile(
            path=path, mode=0o644, sha256=sha256_hex(data), size=len(data), blob=key
        )

    def _blob_key(self, data: bytes) -> str:
        # of this fleet alone: another case may need the same bytes to be missing
        return f"{self.prefix.strip('/')}-{sha256_hex(data)}.onnx"

    def _packed(self, path: str, data: bytes) -> ManifestFile:
        offset = len(self._pack)
        self._pack += data
        return ManifestFile(
            path=path, mode=0o644, sha256=sha256_hex(data), size=len(data), offset=offset
        )


def answer_of(archive: bytes) -> float:
    """What the model in a published archive makes of one: it is loaded and run."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        member = opened.extractfile("scale/1/model.onnx")
        assert member is not None
        data = member.read()
    session = ort.InferenceSession(data, providers=["CPUExecutionProvider"])
    answer: Any = session.run(["y"], {"x": np.ones((1, 4), np.float32)})[0]
    return float(answer[0, 0])
