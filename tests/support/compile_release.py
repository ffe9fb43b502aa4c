"""A fleet of one small ONNX model with a recipe, as synthesis writes it, in S3."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml
from onnx import TensorProto

from inferctl.exporters.graph import write_model
from inferctl.exporters.image_network import Convolution, ImageNetwork, normalisation_shapes
from inferctl.exporters.seeded import seeded_tensors
from model_artifacts import Manifest, parse_manifest
from model_compiler.contract import RECORD_NAME
from model_compiler.settings import Settings
from model_folders import build_fleet_sources, load_model_folder

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PREFIX = "fleet/"
RECORD_KEY = f"{PREFIX}{RECORD_NAME}"
WORK_PREFIX = "fleet/work/0123456789abcdef/"
IMAGE = "26.05-py3"
VERIFY = {"request": "golden/request.json", "max_absolute_error": 1.0e-4, "minimum_cosine": 0.9999}
ONNXRUNTIME: Mapping[str, Any] = {
    "engine": "onnxruntime",
    "input": "net/1/uncompiled.onnx",
    "output": "net/1/model.onnx",
    "verify": VERIFY,
}
TENSORRT: Mapping[str, Any] = {
    "engine": "tensorrt",
    "input": "net/1/uncompiled.onnx",
    "output": "net/1/model.plan",
    "precision": "fp16",
    "shapes": {"x": {"min": [1, 2, 4, 4], "opt": [2, 2, 4, 4], "max": [4, 2, 4, 4]}},
    "verify": {**VERIFY, "max_absolute_error": 1.0e-2},
}


@dataclass(frozen=True, kw_only=True)
class Release:
    """What was written, and the settings of the job that compiles it."""

    settings: Settings
    manifest: Manifest
    folder: Path

    @property
    def archive_key(self) -> str:
        return f"{PREFIX}net/{self.settings.digest[:16]}.tar.gz"

    @property
    def report_key(self) -> str:
        return f"{PREFIX}reports/net/{self.settings.digest[:16]}.json"

    @property
    def failure_key(self) -> str:
        return f"{WORK_PREFIX}failures/net.json"

    @property
    def environment(self) -> dict[str, str]:
        """What the state machine hands to the job."""
        settings = self.settings
        return {
            "MODEL_COMPILER_BUCKET": settings.bucket,
            "MODEL_COMPILER_PREFIX": settings.prefix,
            "MODEL_COMPILER_SOURCE_BUCKET": settings.source_bucket,
            "MODEL_COMPILER_MANIFEST_KEY": settings.manifest_key,
            "MODEL_COMPILER_MANIFEST_DIGEST": settings.manifest_digest,
            "MODEL_COMPILER_SOURCE_PACK_KEY": settings.source_pack_key,
            "MODEL_COMPILER_MODEL": settings.model,
            "MODEL_COMPILER_DIGEST": settings.digest,
            "MODEL_COMPILER_WORK_PREFIX": settings.work_prefix,
            "MODEL_COMPILER_TIMEOUT_SECONDS": str(settings.timeout_seconds),
        }

    def with_settings(self, **changes: Any) -> Release:
        return replace(self, settings=replace(self.settings, **changes))


def write_release(
    s3: S3Client,
    folder: Path,
    recipe: Mapping[str, Any],
    *,
    target: str = "cpu",
    extra: Mapping[str, str] | None = None,
    request: Mapping[str, Any] | None = None,
    image: str = IMAGE,
) -> Release:
    """Write ``models/net`` below ``folder``, synthesise its fleet, and upload the sources."""
    model = folder / "models" / "net"
    (model / "repository/net/1").mkdir(parents=True)
    (model / "golden").mkdir()
    (model / "repository/net/config.pbtxt").write_text("name: 'net'\n")
    write_small_network(model / "repository/net/1/uncompiled.onnx")
    for path, text in (extra or {}).items():
        (model / "repository" / path).write_text(text)
    (model / "golden/request.json").write_text(json.dumps(request or small_request()))
    build = {"targets": [target], "overlays": ["repository"], "precision": "fp32"}
    spec = {"description": "d", "licence": "MIT", "builds": {"b": {**build, "compile": {**recipe}}}}
    (model / "model.yaml").write_text(yaml.safe_dump(spec))

    loaded = load_model_folder(model)
    sources = build_fleet_sources(
        fleet="fleet",
        prefix=PREFIX,
        serving_image=image,
        models=[(loaded, loaded.builds["b"], target)],
        directory=folder / "synth",
    )
    manifest_key = f"{sources.manifest_digest}.json"
    pack_key = f"{sources.pack_digest}.pack"
    s3.put_object(Bucket="sources", Key=manifest_key, Body=sources.manifest_path.read_bytes())
    s3.put_object(Bucket="sources", Key=pack_key, Body=sources.pack_path.read_bytes())
    s3.put_object(Bucket="artifacts", Key=RECORD_KEY, Body=b"{}")
    manifest = parse_manifest(sources.manifest_path.read_bytes())
    settings = Settings(
        bucket="artifacts",
        prefix=PREFIX,
        source_bucket="sources",
        manifest_key=manifest_key,
        manifest_digest=sources.manifest_digest,
        source_pack_key=pack_key,
        model="net",
        digest=manifest["models"][0]["digest"],
        work_prefix=WORK_PREFIX,
        timeout_seconds=60,
    )
    return Release(settings=settings, manifest=manifest, folder=model)


def small_request(rows: int = 2) -> dict[str, Any]:
    """``rows`` pictures of 2 x 4 x 4."""
    values = np.arange(rows * 32, dtype=np.float32).reshape(-1) % 7 - 3
    shape = [rows, 2, 4, 4]
    return {"inputs": [{"name": "x", "shape": shape, "datatype": "FP32", "data": values.tolist()}]}


def write_small_network(path: Path) -> None:
    """``x`` (batch, 2, 4, 4) -> ``y`` (batch, 3): what an optimiser folds and fuses."""
    shapes = {"conv.weight": (4, 2, 3, 3)} | normalisation_shapes("bn", 4)
    tensors = seeded_tensors(shapes | {"fc.weight": (3, 4), "fc.bias": (3,)}, seed=1, gain=2.0)
    net = ImageNetwork("small", tensors, epsilon=1e-5)
    value = net.graph.input("x", TensorProto.FLOAT, ["batch", 2, 4, 4])
    layer = Convolution(inputs=2, outputs=4, kernel=(3, 3), padding=(1, 1))
    value = net.relu(net.normalise("bn", net.convolve("conv", value, layer), 4))
    net.classify(value, "y", channels=4, classes=3)
    net.graph.output("y", ["batch", 3])
    write_model(net.graph.model(), path)
