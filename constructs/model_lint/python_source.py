"""What one ``model.py`` does, read from its syntax tree; equal texts are read once."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

# A model.py beyond this is generated data, not code that a person wrote.
LARGEST_SOURCE = 4 * 1024 * 1024
_HUB_CALLS = frozenset({"from_pretrained", "hf_hub_download", "snapshot_download"})
_NETWORK_MODULES = ("requests", "urllib.request", "urllib3", "httpx", "boto3", "torch.hub", "wget")


@dataclass(frozen=True)
class Spot:
    """Something found: what, and where (from 1)."""

    what: str
    line: int
    column: int


@dataclass(frozen=True)
class PythonSource:
    """``problem`` is set when the text does not parse; then everything else is empty."""

    problem: Spot | None = None
    model_class: Spot | None = None
    has_execute: bool = False
    imports: tuple[Spot, ...] = ()
    hub_loads: tuple[Spot, ...] = ()
    network_calls: tuple[Spot, ...] = ()
    model_calls: tuple[Spot, ...] = ()


@lru_cache(maxsize=4096)
def read_python(content: bytes) -> PythonSource:
    """Parse a Python model; never raises for bad content."""
    try:
        tree = ast.parse(content)
        walked = tuple(ast.walk(tree))
    except SyntaxError as error:
        spot = Spot(error.msg, error.lineno or 1, max(error.offset or 1, 1))
        return PythonSource(problem=spot)
    except (ValueError, RecursionError, MemoryError) as error:
        return PythonSource(problem=Spot(str(error) or type(error).__name__, 1, 1))
    model_class = _model_class(tree)
    return PythonSource(
        model_class=None if model_class is None else _spot("TritonPythonModel", model_class),
        has_execute=model_class is not None and _has_execute(model_class),
        imports=tuple(_imports(tree)),
        hub_loads=tuple(_hub_loads(walked)),
        network_calls=tuple(_network_calls(tree, model_class)),
        model_calls=tuple(_model_calls(walked)),
    )


def _spot(what: str, node: ast.stmt | ast.expr) -> Spot:
    return Spot(what, node.lineno, node.col_offset + 1)


def _model_class(tree: ast.Module) -> ast.ClassDef | None:
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == "TritonPythonModel":
            return node
    return None


def _has_execute(model_class: ast.ClassDef) -> bool:
    """A base class may bring ``execute`` along, so only a class without bases must define it."""
    return bool(model_class.bases) or any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == "execute"
        for node in model_class.body
    )


def _imports(tree: ast.Module) -> Iterator[Spot]:
    """Top-level packages outside the standard library, without those in a ``try`` block."""
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop(0)
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module] if node.module and not node.level else []
        else:
            guarded = isinstance(node, ast.Try) or _is_type_checking(node)
            pending.extend([] if guarded else ast.iter_child_nodes(node))
            continue
        for name in names:
            package = name.partition(".")[0]
            if package not in sys.stdlib_module_names:
                yield _spot(package, node)


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and dotted(node.test).rpartition(".")[2] == "TYPE_CHECKING"


def dotted(node: ast.expr) -> str:
    """``urllib.request.urlopen`` for that attribute chain; empty for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([node.id, *reversed(parts)])


def _hub_loads(walked: tuple[ast.AST, ...]) -> Iterator[Spot]:
    """Calls that fetch a model by its name on a hub; a path or local_files_only is fine."""
    for node in walked:
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else dotted(node.func)
        if name not in _HUB_CALLS or not node.args:
            continue
        first = node.args[0]
        local = any(
            keyword.arg == "local_files_only"
            and isinstance(keyword.value, ast.Constant)
            and keyword.value.value is True
            for keyword in node.keywords
        )
        if local or not isinstance(first, ast.Constant) or not isinstance(first.value, str):
            continue
        if not first.value.startswith(("/", "./", "../")):
            yield _spot(f"{name}({first.value!r})", node)


def _network_calls(tree: ast.Module, model_class: ast.ClassDef | None) -> Iterator[Spot]:
    """Calls into network libraries at import or in ``initialize``."""
    at_load: list[ast.AST] = [
        node
        for node in tree.body
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    ]
    for node in () if model_class is None else model_class.body:
        if isinstance(node, ast.FunctionDef) and node.name == "initialize":
            at_load.append(node)
    for inner in (inner for outer in at_load for inner in ast.walk(outer)):
        if isinstance(inner, ast.Call):
            name = dotted(inner.func)
            if name.startswith(tuple(f"{module}." for module in _NETWORK_MODULES)):
                yield _spot(name, inner)


def _model_calls(walked: tuple[ast.AST, ...]) -> Iterator[Spot]:
    """Names of models that are called from Python (business logic scripting)."""
    for node in walked:
        if not isinstance(node, ast.Call):
            continue
        if dotted(node.func).rpartition(".")[2] != "InferenceRequest":
            continue
        for keyword in node.keywords:
            value = keyword.value
            if keyword.arg == "model_name" and isinstance(value, ast.Constant):
                yield _spot(str(value.value), node)
