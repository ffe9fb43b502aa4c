"""Resource types that one create call and one delete call describe completely."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from inferctl.localaws.cloudformation.model import LiveResource

from .base import Made, Request, ResourceType, names, without
from .fit import call

Tagger = Callable[[Request, str, list[dict[str, str]], list[str]], None]


def table_type(
    service: str,
    properties: str,
    *,
    create: str,
    delete: str,
    id_argument: str,
    id_path: str,
    attributes: Mapping[str, str] | None = None,
    named: tuple[str, int] | None = None,
    tagger: Tagger | None = None,
    update: str | None = None,
    replace_on: str = "",
) -> ResourceType:
    """A type whose properties are the members of ``create``.

    ``id_path`` and the values of ``attributes`` are dotted paths into the answer, with the
    arguments of the call under ``input``. ``named`` is the property that gets a generated name and
    its longest length. A ``tagger`` takes ``Tags`` out of the create call. ``update`` names a call
    that takes the same properties; with a ``tagger`` alone only tags change in place.
    """

    def made(answer: Any, arguments: Mapping[str, Any]) -> Made:
        document = {**answer, "input": dict(arguments)}
        found = {key: _at(document, path) for key, path in (attributes or {}).items()}
        return Made(str(_at(document, id_path)), found)

    def create_one(request: Request) -> Made:
        arguments = without(request.properties, "Tags") if tagger else dict(request.properties)
        if named is not None:
            arguments.setdefault(named[0], request.name(named[1]))
        result = made(call(request, service, create, arguments), arguments)
        request.announce(result.physical_id)
        retag(request, result.physical_id, {})
        return result

    def retag(request: Request, physical_id: str, old: Mapping[str, Any]) -> None:
        if tagger is not None:
            change_tags(tagger, request, physical_id, old)

    def update_one(request: Request, live: LiveResource) -> Made:
        if update is not None:
            arguments = without(request.properties, "Tags") if tagger else request.properties
            call(request, service, update, arguments, **{id_argument: live.physical_id})
        retag(request, live.physical_id, live.properties)
        return Made(live.physical_id, live.attributes)

    def delete_one(request: Request, live: LiveResource) -> None:
        getattr(request.client(service), delete)(**{id_argument: live.physical_id})

    accepted = names(properties)
    in_place = update is not None or tagger is not None
    create_only = names(replace_on) if update is not None else accepted - {"Tags"}
    return ResourceType(
        create_one,
        delete_one,
        accepted,
        update=update_one if in_place else None,
        replace_on=create_only,
    )


def change_tags(tagger: Tagger, request: Request, physical_id: str, old: Mapping[str, Any]) -> None:
    """Bring the tags of a resource from those in ``old`` to those of the request."""
    before = tag_map(old.get("Tags"))
    after = tag_map(request.properties.get("Tags"))
    added = [
        {"Key": key, "Value": value} for key, value in after.items() if before.get(key) != value
    ]
    removed = sorted(before.keys() - after.keys())
    if added or removed:
        tagger(request, physical_id, added, removed)


def tag_map(tags: Any) -> dict[str, str]:
    """Tags by key, from a list of pairs or from a map."""
    if isinstance(tags, Mapping):
        return {key: str(value) for key, value in tags.items()}
    return {tag["Key"]: str(tag["Value"]) for tag in tags or []}


def _at(document: Any, path: str) -> Any:
    for part in path.split("."):
        document = document[part]
    return document
