"""``inferctl models status``, ``rollback`` and ``why`` on a deployment whose S3 is in process."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest
from moto import mock_aws

from inferctl import published_models
from inferctl.cli import main
from inferctl.commands import _published_models
from inferctl.deployment import Deployment, NotDeployedError, aws_client
from inferctl.digest_difference import value_lines
from inferctl.environment import ROOT
from model_artifacts import (
    Artifact,
    IndexEntry,
    JsonValue,
    LostRaceError,
    ManifestModel,
    artifact_digest,
    artifact_key,
    canonical_json,
    empty_index,
    sha256_hex,
)
from model_artifacts.s3_index import load_index, rollback_published_model, write_index
from model_compiler.contract import report_key
from stacks.config import load_platform

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PLACE = {"bucket": "artifacts", "prefix": "laptop-models/"}
OUTPUTS = {"ArtifactBucket": "artifacts", "Prefix": "laptop-models/", "EndpointName": "e"}
SOURCES = "cdk-assets-123456789012-us-east-1"
STACK = "arn:aws:cloudformation:us-east-1:123456789012:stack/laptop-models/1"


class CloudFormation:
    """One stack with a model fleet, whose bucket is named as the CDK names it."""

    def get_template(self, **_: str) -> dict[str, Any]:
        properties = {
            "SourceBucket": {"Fn::Sub": "cdk-assets-${AWS::AccountId}-${AWS::Region}"},
            "ManifestKey": f"{'9' * 64}.json",
            "ManifestDigest": "9" * 64,
        }
        fleet = {"Type": "Custom::ModelFleet", "Properties": properties}
        return {"TemplateBody": {"Resources": {"Fleet": fleet}}}

    def describe_stacks(self, **_: str) -> dict[str, Any]:
        return {"Stacks": [{"StackId": STACK}]}


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Client]:
    """Buckets of artifacts and sources, where ``platforms/laptop.yaml`` is said to be deployed."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    real = aws_client

    def client(service: str, **keywords: Any) -> Any:
        return CloudFormation() if service == "cloudformation" else real(service, **keywords)

    monkeypatch.setattr(published_models, "aws_client", client)
    deployment = Deployment("laptop", "us-east-1", None, {}, OUTPUTS)
    monkeypatch.setattr(_published_models, "deployment_of", lambda _: deployment)
    with mock_aws():
        made: S3Client = boto3.client("s3", region_name="us-east-1")
        for bucket in ("artifacts", SOURCES):
            made.create_bucket(Bucket=bucket)
        yield made


def artifact(model: str, digest: str, *, target: str = "cpu") -> Artifact:
    return Artifact(
        digest=digest,
        key=artifact_key(model, digest),
        size=2_500_000,
        target=target,
        build="laptop",
        serving_image="26.05-py3",
        report=None,
        verification=None,
    )


def publish(s3: S3Client, models: Mapping[str, IndexEntry], *, manifest: str = "0" * 64) -> None:
    index = empty_index(fleet="laptop-models", owner="stack")
    index["models"], index["manifest_digest"] = dict(models), manifest
    write_index(s3, **PLACE, index=index, etag=None)
    for entry in models.values():
        for one in (entry["current"], entry["previous"]):
            if one is not None:
                s3.put_object(Bucket="artifacts", Key=PLACE["prefix"] + one["key"], Body=b"x")


def rolled(model: str = "minilm") -> dict[str, IndexEntry]:
    return {
        model: IndexEntry(current=artifact(model, "2" * 64), previous=artifact(model, "1" * 64))
    }


def put_report(s3: S3Client, model: str, digest: str, body: bytes) -> None:
    s3.put_object(Bucket="artifacts", Key=PLACE["prefix"] + report_key(model, digest), Body=body)


def entry_now() -> ManifestModel:
    platform = load_platform(ROOT / "platforms/laptop.yaml", models_root=ROOT / "models")
    model = next(model for model in platform.models if model.name == "minilm")
    return _published_models._entry_now(platform, model)


def redigested(entry: ManifestModel) -> ManifestModel:
    names = ("recipe", "compiler_image", "serving_image", "target", "precision", "shapes")
    inputs: Any = {name: entry[name] for name in names}  # type: ignore[literal-required]
    return {**entry, "digest": artifact_digest(files=entry["files"], **inputs)}


def publish_entry(s3: S3Client, entry: ManifestModel) -> None:
    """Serve ``entry``, with its manifest among the sources."""
    manifest = {"version": 1, "fleet": "f", "prefix": "laptop-models/", "models": [entry]}
    data = canonical_json(cast("JsonValue", manifest))
    s3.put_object(Bucket=SOURCES, Key=f"{sha256_hex(data)}.json", Body=data)
    current = artifact("minilm", entry["digest"])
    served = IndexEntry(current=current, previous=None)
    publish(s3, {"minilm": served}, manifest=sha256_hex(data))


def test_status_shows_index_archive_and_report_of_each_model(
    s3: S3Client, capsys: pytest.CaptureFixture[str]
) -> None:
    neuron = IndexEntry(current=artifact("bert", "3" * 64, target="inf2"), previous=None)
    gone = IndexEntry(current=artifact("gone", "4" * 64), previous=None)
    publish(s3, {**rolled(), "bert": neuron, "gone": gone})
    s3.delete_object(Bucket="artifacts", Key=PLACE["prefix"] + gone["current"]["key"])
    report = {"seconds": {"compile": 12.34}, "verification": {"max_absolute_error": 5.2e-6}}
    put_report(s3, "minilm", "2" * 64, json.dumps(report).encode())
    put_report(s3, "bert", "3" * 64, b"damaged")

    assert main(["models", "status"]) == 0

    rows = {line.split()[0]: line.split() for line in capsys.readouterr().out.splitlines()[3:-1]}
    age = [*rows["minilm"][3:5]]
    assert age[1] == "s"
    assert rows["minilm"] == [
        *("minilm", "cpu", "2" * 16, *age, "2.5", "MB", "12.3", "5.2e-06", "endpoint", "e")
    ]
    assert rows["bert"][-3:] == ["-", "-", "-"]
    assert rows["gone"][3:] == ["-", "2.5", "MB", "-", "-", "archive", "gone"]


@pytest.mark.parametrize(
    ("seconds", "shown"), [(-3, "0 s"), (59, "59 s"), (60, "1 min"), (7200, "2 h"), (90_000, "1 d")]
)
def test_age_is_shown_in_its_largest_unit(seconds: float, shown: str) -> None:
    assert _published_models._age(seconds) == shown


def test_a_service_that_names_the_model_is_where_it_serves() -> None:
    platform = load_platform(ROOT / "platforms" / "yolov4.yaml", models_root=ROOT / "models")
    deployment = Deployment(
        platform="yolov4", region="us-east-1", url=None, resources={}, outputs={}
    )
    place = published_models.Place(
        deployment=deployment, bucket="artifacts", prefix="yolov4-models/"
    )
    served = artifact("yolov4", "1" * 64, target="inf1")

    assert _published_models._where("yolov4", served, platform, place) == "service yolov4"
    assert _published_models._where("other", served, platform, place) == "-"


def test_rollback_serves_the_previous_artifact_and_says_for_how_long(
    s3: S3Client, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(s3, rolled())

    assert main(["models", "rollback", "minilm"]) == 0

    said = capsys.readouterr().out
    assert f"minilm: serves minilm/{'1' * 16}.tar.gz now" in said
    assert "the next deployment of another manifest supersedes this" in said
    served = load_index(s3, **PLACE).index["models"]["minilm"]
    assert served["current"]["digest"] == "1" * 64
    assert served["previous"] == artifact("minilm", "2" * 64)


def test_rollback_without_a_previous_artifact_is_refused(
    s3: S3Client, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(s3, {"minilm": IndexEntry(current=artifact("minilm", "2" * 64), previous=None)})

    assert main(["models", "rollback", "minilm"]) == 2
    assert "model minilm cannot be rolled back" in capsys.readouterr().err


def test_rollback_to_an_archive_that_is_gone_changes_nothing(
    s3: S3Client, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(s3, rolled())
    before = load_index(s3, **PLACE)
    s3.delete_object(Bucket="artifacts", Key=PLACE["prefix"] + artifact("minilm", "1" * 64)["key"])

    assert main(["models", "rollback", "minilm"]) == 2

    assert "does not exist, the index stays as it is" in capsys.readouterr().err
    assert load_index(s3, **PLACE) == before


@pytest.mark.parametrize("action", ["rollback", "why"])
@pytest.mark.parametrize("name", ["absent", "minilm"])
def test_a_model_that_is_not_there_is_bad_input(
    s3: S3Client, action: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(s3, rolled("other"))

    assert main(["models", action, name]) == 2

    said = capsys.readouterr().err
    assert name in said
    assert "Traceback" not in said


@pytest.mark.usefixtures("s3")
def test_nothing_published_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "status"]) == 2
    assert "nothing is published there" in capsys.readouterr().err


def test_races_that_are_lost_every_time_fail(
    s3: S3Client, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(s3, rolled())
    tries: list[object] = []

    def lose(*_: object, **keywords: object) -> None:
        tries.append(keywords)
        raise LostRaceError("s3://artifacts/laptop-models/index.json was changed by someone else")

    monkeypatch.setattr("model_artifacts.s3_index.write_index", lose)

    assert main(["models", "rollback", "minilm"]) == 1

    assert len(tries) == 5
    assert "was changed by someone else" in capsys.readouterr().err


def test_a_rollback_that_met_another_one_says_what_serves(
    s3: S3Client, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(s3, rolled())
    real = rollback_published_model

    def after_another(*arguments: Any, **keywords: Any) -> Any:
        real(*arguments, **keywords)
        return real(*arguments, **keywords)

    monkeypatch.setattr(_published_models, "rollback_published_model", after_another)

    assert main(["models", "rollback", "minilm"]) == 1
    assert f"serves minilm/{'2' * 16}.tar.gz now, not minilm/{'1' * 16}" in capsys.readouterr().err


def test_storage_that_refuses_fails(s3: S3Client, capsys: pytest.CaptureFixture[str]) -> None:
    s3.delete_bucket(Bucket="artifacts")

    assert main(["models", "status"]) == 1
    assert "NoSuchBucket" in capsys.readouterr().err


@pytest.mark.parametrize("outputs", [{}, {"ArtifactBucket": "artifacts"}])
def test_a_platform_without_models_is_bad_input(
    outputs: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment = Deployment("laptop", "us-east-1", None, {}, outputs)
    monkeypatch.setattr(_published_models, "deployment_of", lambda _: deployment)

    assert main(["models", "status"]) == 2
    assert "it publishes no models" in capsys.readouterr().err


def test_what_is_not_deployed_is_bad_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def absent(_: object) -> Deployment:
        raise NotDeployedError("the embedded AWS is not running; run `make up`")

    monkeypatch.setattr(_published_models, "deployment_of", absent)

    assert main(["models", "why", "minilm"]) == 2
    assert capsys.readouterr().err == "the embedded AWS is not running; run `make up`\n"


def test_why_of_what_the_folder_would_publish_says_that_nothing_changed(
    s3: S3Client, capsys: pytest.CaptureFixture[str]
) -> None:
    publish_entry(s3, entry_now())

    assert main(["models", "why", "minilm"]) == 0
    assert capsys.readouterr().out.startswith("minilm: no input changed, ")


def test_why_names_every_input_that_changed(
    s3: S3Client, capsys: pytest.CaptureFixture[str]
) -> None:
    now = entry_now()
    first, second, third, *rest = sorted(now["files"], key=lambda file: file["path"])
    extra = {**first, "path": "zzz/old.txt"}
    changed = {**second, "sha256": "c" * 64, "size": 7}
    mode = {**third, "mode": 0o755}
    served = redigested(
        cast(
            "ManifestModel",
            {
                **now,
                "files": [changed, mode, *rest, extra],
                "recipe": {"engine": "onnxruntime", "verify": {"request": "r.json"}},
                "compiler_image": "cpu-1",
                "serving_image": "25.01-py3",
                "target": "g5",
                "precision": "fp16",
                "shapes": {},
            },
        )
    )
    publish_entry(s3, served)

    assert main(["models", "why", "minilm"]) == 0

    lines = [line.strip() for line in capsys.readouterr().out.splitlines()[1:]]
    assert f"file {first['path']}: added, {first['size']:,} bytes" in lines
    assert f"file zzz/old.txt: removed, was {first['size']:,} bytes" in lines
    assert (
        f"file {second['path']}: changed, sha256 {'c' * 12} -> {second['sha256'][:12]},"
        f" 7 -> {second['size']:,} bytes"
    ) in lines
    assert f"file {third['path']}: mode 755 -> 644" in lines
    assert "compiler image: cpu-1 -> null" in lines
    assert "serving image: 25.01-py3 -> 26.05-py3" in lines
    assert "target: g5 -> cpu" in lines
    assert "precision: fp16 -> fp32" in lines
    assert any(line.startswith("recipe: {") and line.endswith("-> null") for line in lines)
    shapes = cast("Mapping[str, JsonValue]", now["shapes"])
    assert len(lines) == 9 + len(shapes)


def test_why_of_a_rolled_back_model_says_what_is_not_kept(
    s3: S3Client, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = redigested({**entry_now(), "precision": "fp16"})
    publish_entry(s3, entry)
    stored = load_index(s3, **PLACE)
    previous = {**artifact("minilm", "1" * 64), "serving_image": "25.01-py3"}
    stored.index["models"]["minilm"]["current"] = cast("Artifact", previous)
    write_index(s3, **PLACE, index=stored.index, etag=stored.etag)
    put_report(s3, "minilm", "1" * 64, b'{"compiler_image": "cpu-1", "seconds": 3}')

    assert main(["models", "why", "minilm"]) == 1

    said = capsys.readouterr()
    assert said.out.splitlines()[1:] == [
        "  serving image: 25.01-py3 -> 26.05-py3",
        "  compiler image: cpu-1 -> null",
    ]
    assert "files, recipe, precision and shapes cannot be compared: manifest" in said.err
    assert f"has {entry['digest'][:16]} (the model was rolled back" in said.err.replace("\n", " ")


def test_why_without_the_published_manifest_names_it(
    s3: S3Client, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(s3, rolled(), manifest="8" * 64)

    assert main(["models", "why", "minilm"]) == 1

    said = capsys.readouterr().err.replace("\n", "")
    assert f"the manifest s3://{SOURCES}/{'8' * 64}.json does not exist any more" in said


def test_why_with_another_object_in_the_manifests_place_says_so(
    s3: S3Client, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(s3, rolled(), manifest="8" * 64)
    s3.put_object(Bucket=SOURCES, Key=f"{'8' * 64}.json", Body=b"{}")

    assert main(["models", "why", "minilm"]) == 1
    assert "is not the manifest that the index names" in capsys.readouterr().err


def test_a_retired_model_is_served_again(s3: S3Client, capsys: pytest.CaptureFixture[str]) -> None:
    publish(s3, rolled())
    stored = load_index(s3, **PLACE)
    stored.index["retired"] = stored.index["models"]
    stored.index["models"] = {}
    write_index(s3, **PLACE, index=stored.index, etag=stored.etag)

    assert main(["models", "rollback", "minilm"]) == 0

    assert f"serves minilm/{'2' * 16}.tar.gz now, which was retired" in capsys.readouterr().out


def test_a_recipe_is_compared_part_by_part() -> None:
    served: JsonValue = {"engine": "tensorrt", "verify": {"request": "a", "sha256": "0"}, "b": 1}
    now: JsonValue = {"engine": "tensorrt", "verify": {"request": "a", "sha256": "1"}, "c": [1]}

    assert list(value_lines("recipe", served, now)) == [
        "recipe.b: removed, was 1",
        "recipe.c: added, [1]",
        "recipe.verify.sha256: 0 -> 1",
    ]
    assert list(value_lines("x", 1, 1.0)) == ["x: 1 -> 1.0"]
