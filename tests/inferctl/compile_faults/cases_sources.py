"""Sources that are not what the manifest promises, of models that compile and that do not."""

from __future__ import annotations

from .case import case
from .cases_jobs import LOG, ONE
from .fleet import JOB, NEW, OLD, Fleet
from .models import Release, Tiny
from .wire import refuse

HANDLER_LOG = r" \(log: log group \S+, stream \S+\)"
WEIGHTS = {**NEW, "one": Tiny(factor=3, compiled=True, blob=True)}
PACKED = {**NEW, "also": Tiny(factor=6, blob=True)}


def is_refused(fleet: Fleet, release: Release, key: str, said: str) -> None:
    """The job fails at once; when the source is right, one more job is enough."""
    fleet.fails(release, f"{ONE}{said}.*{LOG}")
    assert (fleet.ends(), fleet.attempts()) == (["FAILED"], [1])
    fleet.mend(release, key)
    fleet.publish(release)
    assert fleet.ends() == ["FAILED", "SUCCEEDED"]


@case(always="missing weights")
def weights_are_missing(fleet: Fleet) -> None:
    new = fleet.release(WEIGHTS)
    key = new.blob_of("one")
    fleet.lose(key)
    is_refused(fleet, new, key, rf"fetch failed: s3://\S+/{key} does not exist")


@case(always="bad checksum")
def weights_have_another_checksum(fleet: Fleet) -> None:
    new = fleet.release(WEIGHTS)
    key = new.blob_of("one")
    fleet.damage(key, bytes(len(new.objects[key])))
    said = r"fetch failed: scale/1/uncompiled.onnx: SHA-256 should be [0-9a-f]+, got [0-9a-f]+"
    is_refused(fleet, new, key, said)


@case()
def weights_are_cut_short(fleet: Fleet) -> None:
    new = fleet.release(WEIGHTS)
    key = new.blob_of("one")
    fleet.damage(key, new.objects[key][:-10])
    size = len(new.objects[key])
    said = (
        f"fetch failed: .*uncompiled.onnx: source is truncated, it has {size - 10} of {size} bytes"
    )
    is_refused(fleet, new, key, said)


@case()
def weights_are_longer_than_they_should_be(fleet: Fleet) -> None:
    new = fleet.release(WEIGHTS)
    key = new.blob_of("one")
    fleet.damage(key, new.objects[key] + b"more")
    is_refused(fleet, new, key, "fetch failed: scale/1/uncompiled.onnx: ")


@case(always="missing weights")
def weights_of_a_packaged_model_are_missing(fleet: Fleet) -> None:
    new = fleet.release(PACKED)
    key = new.blob_of("also")
    fleet.lose(key)
    said = rf"1 of 3 models failed.*: model also: package failed: .*{key} does not exist"
    fleet.fails(new, f"{said}{HANDLER_LOG}")
    # what was compiled beside it is not compiled again
    assert fleet.ends() == ["SUCCEEDED"]
    fleet.mend(new, key)
    fleet.publish(new)
    assert fleet.ends() == ["SUCCEEDED"]


@case()
def weights_of_a_packaged_model_have_another_checksum(fleet: Fleet) -> None:
    new = fleet.release(PACKED)
    key = new.blob_of("also")
    fleet.damage(key, bytes(len(new.objects[key])))
    said = r"1 of 3 models failed.*: model also: package failed: scale/1/model.onnx: SHA-256 should"
    fleet.fails(new, f"{said}.*{HANDLER_LOG}")
    fleet.mend(new, key)
    fleet.publish(new)
    assert fleet.ends() == ["SUCCEEDED"]


@case()
def both_kinds_of_models_lack_their_weights(fleet: Fleet) -> None:
    new = fleet.release({**WEIGHTS, "also": PACKED["also"]})
    keys = [new.blob_of("one"), new.blob_of("also")]
    for key in keys:
        fleet.lose(key)
    said = f"2 of 3 models failed.*: model also: package failed: .*{HANDLER_LOG}; "
    fleet.fails(new, f"{said}model one: fetch failed: .*{LOG}")
    for key in keys:
        fleet.mend(new, key)
    fleet.publish(new)
    assert fleet.ends() == ["FAILED", "SUCCEEDED"]


@case()
def source_pack_is_gone(fleet: Fleet) -> None:
    new = fleet.release(NEW)
    fleet.lose(new.pack_key)
    said = r"model also: package failed: SourceMissingError: s3://\S+ does not exist"
    fleet.fails(new, f"2 of 3 models failed.*: {said}.*; model one: fetch failed: .*{LOG}")
    fleet.mend(new, new.pack_key)
    fleet.publish(new)
    assert fleet.ends() == ["FAILED", "SUCCEEDED"]


@case()
def manifest_is_gone(fleet: Fleet) -> None:
    new = fleet.release(NEW)
    fleet.lose(new.manifest_key)
    fleet.fails(new, rf"s3://\S+/{new.manifest_key} does not exist{HANDLER_LOG}")
    fleet.mend(new, new.manifest_key)
    fleet.publish(new)
    assert fleet.ends() == ["SUCCEEDED"]


@case(always="bad checksum")
def manifest_is_another_one(fleet: Fleet) -> None:
    new = fleet.release(NEW)
    old = fleet.release(OLD)
    fleet.damage(new.manifest_key, old.objects[old.manifest_key])
    fleet.fails(new, f"SHA-256 should be ManifestDigest {new.digest}, got {old.digest}")
    fleet.mend(new, new.manifest_key)
    fleet.publish(new)
    assert fleet.ends() == ["SUCCEEDED"]


@case()
def manifest_is_hidden_from_the_job(fleet: Fleet) -> None:
    new = fleet.release(NEW)
    fleet.rule("GET", new.manifest_key, agent=JOB, act=refuse(404, "NoSuchKey"))
    said = rf"{ONE}read manifest failed: s3://\S+/{new.manifest_key} does not exist.*{LOG}"
    fleet.fails(new, said)
    fleet.publish(new)
    assert fleet.ends() == ["FAILED", "SUCCEEDED"]
