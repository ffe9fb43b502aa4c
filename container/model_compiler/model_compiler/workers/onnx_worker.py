"""Optimises or runs an ONNX file with ONNX Runtime on the CPU: ``onnx_worker.py FOLDER``.

``task.json`` has ``model`` and either ``optimized`` with ``level`` (write that file), or ``inputs``
(arrays by input name, run it) with ``raw`` (true: as it is, without any optimisation).
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort

_LEVELS = {
    "none": ort.GraphOptimizationLevel.ORT_DISABLE_ALL,
    "basic": ort.GraphOptimizationLevel.ORT_ENABLE_BASIC,
    "extended": ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED,
    "all": ort.GraphOptimizationLevel.ORT_ENABLE_ALL,
}
_PROVIDERS = ["CPUExecutionProvider"]


def main(folder: Path) -> None:
    """Do the task, write the answer."""
    task = json.loads((folder / "task.json").read_text(encoding="utf-8"))
    answer = _optimize(task) if "optimized" in task else _run(task, folder)
    versions = {"onnxruntime": ort.__version__, "onnx": version("onnx")}
    (folder / "answer.json").write_text(
        json.dumps({**answer, "versions": versions}), encoding="utf-8"
    )


def _optimize(task: dict[str, Any]) -> dict[str, Any]:
    options = ort.SessionOptions()
    options.graph_optimization_level = _LEVELS[task["level"]]
    options.optimized_model_filepath = task["optimized"]
    ort.InferenceSession(task["model"], options, providers=_PROVIDERS)
    return {"before": _operators(task["model"]), "after": _operators(task["optimized"])}


def _operators(path: str) -> dict[str, int]:
    """Nodes by operator, those inside branches and loops too."""
    # the one task that needs it is no reason for the others to load it
    import onnx

    graphs = [onnx.load(path, load_external_data=False).graph]
    counts: Counter[str] = Counter()
    while graphs:
        for node in graphs.pop().node:
            counts[f"{node.domain}.{node.op_type}" if node.domain else node.op_type] += 1
            for attribute in node.attribute:
                graphs += [*attribute.graphs, *([attribute.g] if attribute.g.node else [])]
    return dict(sorted(counts.items()))


def _run(task: dict[str, Any], folder: Path) -> dict[str, Any]:
    options = ort.SessionOptions()
    options.graph_optimization_level = _LEVELS["none" if task["raw"] else "all"]
    session = ort.InferenceSession(task["model"], options, providers=_PROVIDERS)
    feeds = {
        name: np.load(path, allow_pickle=False) for name, path in sorted(task["inputs"].items())
    }
    problem = _problem(session, feeds)
    if problem:
        return {"problem": problem}
    names = [output.name for output in session.get_outputs()]
    files = {}
    for number, (name, values) in enumerate(zip(names, session.run(names, feeds), strict=True)):
        files[name] = str(folder / f"output{number}.npy")
        np.save(files[name], values, allow_pickle=False)
    return {"outputs": files}


def _problem(session: Any, feeds: dict[str, Any]) -> str | None:
    wanted = {tensor.name: tensor for tensor in session.get_inputs()}
    if set(wanted) != set(feeds):
        return f"inputs are {', '.join(wanted)}, the request has {', '.join(feeds) or 'none'}"
    for name, tensor in wanted.items():
        kind = {"float32": "float", "float64": "double"}.get(feeds[name].dtype.name)
        if tensor.type != f"tensor({kind or feeds[name].dtype.name})":
            return f"input {name} is a {tensor.type}, the request has {feeds[name].dtype.name}"
    return None


if __name__ == "__main__":
    main(Path(sys.argv[1]))
