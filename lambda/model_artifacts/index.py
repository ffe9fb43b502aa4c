"""The index: what is published and serving. One object, changed in one conditional write."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Final, TypedDict, cast

from model_artifacts.canonical import JsonValue, canonical_json
from model_artifacts.errors import DocumentError, NoPreviousArtifactError, UnknownModelError
from model_artifacts.shape import Field, check_fields

INDEX_VERSION: Final = 1
INDEX_NAME: Final = "index.json"
VERIFICATION_FOLDER: Final = "verification/"
"""Below the prefix: how far the newest verification of an endpoint is."""
REQUESTS_KEPT: Final = 32
"""Enough to recognise a late event; CloudFormation has one open request per resource."""
_NAMES_SHOWN: Final = 20


class Artifact(TypedDict):
    """One immutable archive; ``key`` is relative to the prefix, ``size`` is its bytes."""

    digest: str
    key: str
    size: int
    target: str
    build: str
    serving_image: str
    report: JsonValue
    verification: JsonValue


class IndexEntry(TypedDict):
    """What serves a model, and what served it before: the target of a rollback."""

    current: Artifact
    previous: Artifact | None


class Garbage(TypedDict):
    """One version of an archive that nothing names any more, and that may be deleted."""

    key: str
    version_id: str


class Index(TypedDict):
    """The published state of one prefix."""

    version: int
    serial: int
    """Counts the versions of what is published; 0 before the first publication."""
    fleet: str
    manifest_digest: str
    """Empty before the first publication."""
    models: dict[str, IndexEntry]
    retired: dict[str, IndexEntry]
    """Models that this very version removed, so that going back still finds their archives."""
    published: int
    """Models for which this version serves another archive than the version before."""
    owner: str
    """The stack (its id) and the resource in it that publish here."""
    requests: list[str]
    """CloudFormation's request ids, newest last: only the newest may change what is published."""
    garbage: list[Garbage]
    """Versions that the writer of this index may delete; see `model_artifacts.garbage`."""


_INDEX_FIELDS: Final = {
    "version": Field((int,)),
    "serial": Field((int,), minimum=0),
    "fleet": Field((str,)),
    "manifest_digest": Field((str,)),
    "models": Field((dict,)),
    "retired": Field((dict,), required=False),
    "published": Field((int,), required=False, minimum=0),
    "owner": Field((str,), required=False),
    "requests": Field((list,), required=False),
    "garbage": Field((list,), required=False),
}
_ENTRY_FIELDS: Final = {"current": Field((dict,)), "previous": Field((dict, type(None)))}
_ARTIFACT_FIELDS: Final = {
    "digest": Field((str,), digest=True),
    "key": Field((str,)),
    "size": Field((int,), minimum=0),
    "target": Field((str,)),
    "build": Field((str,)),
    "serving_image": Field((str,)),
}


def empty_index(*, fleet: str, owner: str) -> Index:
    """The index of a prefix where nothing was published yet."""
    return Index(
        version=INDEX_VERSION,
        serial=0,
        fleet=fleet,
        manifest_digest="",
        models={},
        retired={},
        published=0,
        owner=owner,
        requests=[],
        garbage=[],
    )


def parse_index(data: bytes, *, name: str = INDEX_NAME) -> Index:
    """The index in ``data``; raises `DocumentError` with every problem."""
    try:
        value: object = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise DocumentError(name, [f"must be JSON: {error}"]) from error
    problems = check_fields(value, "$", _INDEX_FIELDS)
    if problems:
        raise DocumentError(name, problems)
    given = cast("Index", value)
    if given["version"] != INDEX_VERSION:
        problems.append(f"$.version must be {INDEX_VERSION}, got {given['version']!r}")
    for part, entries in (("models", given["models"]), ("retired", given.get("retired", {}))):
        for model, entry in entries.items():
            problems.extend(_entry_problems(entry, f"$.{part}.{model}"))
    if problems:
        raise DocumentError(name, problems)
    return {**empty_index(fleet=given["fleet"], owner=""), **given}


def serialise_index(index: Index) -> bytes:
    """Canonical JSON: the same index is always the same bytes."""
    return canonical_json(cast("Mapping[str, JsonValue]", index))


def resolve_target_model(index: Index, model: str) -> str:
    """The ``TargetModel`` that serves ``model``; raises `UnknownModelError` naming the others."""
    return _entry(index, model)["current"]["key"]


def named_artifacts(index: Index) -> Iterator[Artifact]:
    """Every artifact that the index names, current and previous, of models and retired models."""
    for entries in (index["models"], index["retired"]):
        for entry in entries.values():
            yield entry["current"]
            if entry["previous"] is not None:
                yield entry["previous"]


def rollback_model(index: Index, name: str) -> Index:
    """The index with ``name`` served by its previous artifact, or taken out of retirement.

    Rolling back twice restores the first state. Raises `UnknownModelError` and
    `NoPreviousArtifactError`.
    """
    if name not in index["models"] and name in index["retired"]:
        retired = {model: entry for model, entry in index["retired"].items() if model != name}
        models = {**index["models"], name: index["retired"][name]}
        return {**index, "serial": index["serial"] + 1, "models": models, "retired": retired}
    entry = _entry(index, name)
    if entry["previous"] is None:
        raise NoPreviousArtifactError(
            f"model {name} cannot be rolled back: {entry['current']['key']} is the only artifact"
            " that was published for it"
        )
    swapped = IndexEntry(current=entry["previous"], previous=entry["current"])
    models = {**index["models"], name: swapped}
    return {**index, "serial": index["serial"] + 1, "models": models}


def _entry(index: Index, model: str) -> IndexEntry:
    if model in index["models"]:
        return index["models"][model]
    names = sorted(index["models"])
    shown = ", ".join(names[:_NAMES_SHOWN]) or "none"
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    raise UnknownModelError(
        f"model {model!r} is not published in fleet {index['fleet']}, published: {shown}{more}"
    )


def _entry_problems(entry: object, place: str) -> list[str]:
    problems = check_fields(entry, place, _ENTRY_FIELDS)
    if problems:
        return problems
    known = cast("IndexEntry", entry)
    problems.extend(check_fields(known["current"], f"{place}.current", _ARTIFACT_FIELDS))
    if known["previous"] is not None:
        problems.extend(check_fields(known["previous"], f"{place}.previous", _ARTIFACT_FIELDS))
    return problems
