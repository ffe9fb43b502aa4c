"""Compiles a TensorFlow 1 graph for Inferentia: ``neuron_tf_worker.py FOLDER``.

The SavedModel comes from the loader's ``save(path, folder)``. It runs on the CPU as it is; where
there is a NeuronCore, the compiled one runs beside it.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf  # type: ignore[import-untyped]
import tensorflow.neuron as tfn  # type: ignore[import-untyped]

_DEVICE = Path("/dev/neuron0")
_SIGNATURE = "serving_default"
_v1 = tf.compat.v1


def main(folder: Path) -> None:
    """Do the task, write the answer."""
    task = json.loads((folder / "task.json").read_text(encoding="utf-8"))
    answer = _compile(task, folder)
    (folder / "answer.json").write_text(json.dumps(answer), encoding="utf-8")


def _compile(task: dict[str, Any], folder: Path) -> dict[str, Any]:
    plain = str(folder / "saved_model")
    _loader(task["loader"]).save(task["weights"], plain)
    feeds = {name: np.load(path) for name, path in task["inputs"].items()}
    model, expected = _run(plain, feeds)
    if model["signature"]["inputs"].keys() != feeds.keys():
        return {
            "problem": "the request to verify with has {}, the model takes {}".format(
                sorted(feeds), sorted(model["signature"]["inputs"])
            )
        }
    kept = {}
    for prefix in task["no_fuse_ops"]:
        kept[prefix] = [name for name in model["operators"] if name.startswith(prefix)]
    unknown = sorted(prefix for prefix, names in kept.items() if not names)
    if unknown:
        return {"problem": "no operator's name begins with {}".format(", ".join(unknown))}
    options = dict(task["options"])
    if kept:
        options["no_fuse_ops"] = sorted({name for names in kept.values() for name in names})
    began = time.monotonic()
    result = tfn.saved_model.compile(
        plain, task["output"], compiler_workdir=str(folder / "compiler"), **options
    )
    answer = {
        "seconds": time.monotonic() - began,
        "versions": _versions(),
        "share": float(result["OnNeuronRatio"]),
        "before": _kinds(plain),
        "after": _kinds(task["output"]),
        "signature_before": model["signature"],
        "signature_after": _signature(_load_meta(task["output"])),
        "finite": all(bool(np.isfinite(values).all()) for values in expected.values()),
        "expected": _save(expected, folder, "expected"),
    }
    if _DEVICE.exists():
        answer["got"] = _save(_run(task["output"], feeds)[1], folder, "got")
    return answer


def _loader(path: str) -> Any:
    spec = importlib.util.spec_from_file_location("loader", path)
    assert spec is not None and spec.loader is not None
    loader = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loader)
    return loader


def _run(path: str, feeds: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the model is, and its outputs if its inputs are those of ``feeds``."""
    with _v1.Session(graph=_v1.Graph()) as session:
        meta = _v1.saved_model.loader.load(session, ["serve"], path)
        signature = meta.signature_def[_SIGNATURE]
        model = {
            "signature": _signature(meta),
            "operators": [operator.name for operator in session.graph.get_operations()],
        }
        if set(signature.inputs) != set(feeds):
            return model, {}
        outputs = session.run(
            {name: info.name for name, info in signature.outputs.items()},
            {signature.inputs[name].name: values for name, values in feeds.items()},
        )
        return model, outputs


def _load_meta(path: str) -> Any:
    with _v1.Session(graph=_v1.Graph()) as session:
        return _v1.saved_model.loader.load(session, ["serve"], path)


def _signature(meta: Any) -> dict[str, dict[str, int]]:
    """Names and types of the inputs and outputs; their tensors' names may change."""
    signature = meta.signature_def[_SIGNATURE]
    return {
        "inputs": {name: info.dtype for name, info in sorted(signature.inputs.items())},
        "outputs": {name: info.dtype for name, info in sorted(signature.outputs.items())},
    }


def _kinds(path: str) -> dict[str, int]:
    return dict(sorted(Counter(node.op for node in _load_meta(path).graph_def.node).items()))


def _save(outputs: Any, folder: Path, name: str) -> dict[str, str]:
    files = {}
    for number, key in enumerate(sorted(outputs)):
        files[key] = str(folder / f"{name}{number}.npy")
        np.save(files[key], outputs[key])
    return files


def _versions() -> dict[str, str]:
    import pkg_resources  # type: ignore[import-untyped]

    found = {}
    for package in ("tensorflow", "tensorflow-neuron", "neuron-cc"):
        try:
            found[package] = pkg_resources.get_distribution(package).version
        except pkg_resources.DistributionNotFound:
            continue
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]))
