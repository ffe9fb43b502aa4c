"""What the models stack promises."""

from __future__ import annotations

import json
from typing import Any

from aws_cdk.assertions import Match, Template

from model_fleet import contract


def test_bucket_is_encrypted_versioned_private_and_cleans_up(laptop: Any) -> None:
    Template.from_json(laptop.templates["models"]).has_resource_properties(
        "AWS::S3::Bucket",
        {
            "BucketEncryption": {
                "ServerSideEncryptionConfiguration": [
                    {
                        "BucketKeyEnabled": True,
                        "ServerSideEncryptionByDefault": {
                            "SSEAlgorithm": "aws:kms",
                            "KMSMasterKeyID": {"Fn::GetAtt": [Match.any_value(), "Arn"]},
                        },
                    }
                ]
            },
            "VersioningConfiguration": {"Status": "Enabled"},
            "PublicAccessBlockConfiguration": {
                "BlockPublicAcls": True,
                "BlockPublicPolicy": True,
                "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
            "LifecycleConfiguration": {
                "Rules": [
                    {
                        "Id": "superseded-versions",
                        "Status": "Enabled",
                        "ExpiredObjectDeleteMarker": True,
                        "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
                    },
                    {
                        "Id": "broken-uploads",
                        "Status": "Enabled",
                        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
                    },
                ]
            },
        },
    )


def test_bucket_refuses_plain_http_and_old_tls(laptop: Any) -> None:
    document = laptop.properties("models", "AWS::S3::BucketPolicy")["PolicyDocument"]

    refused = {
        json.dumps(statement["Condition"])
        for statement in document["Statement"]
        if statement["Effect"] == "Deny" and statement["Principal"] == {"AWS": "*"}
    }
    assert refused == {
        '{"Bool": {"aws:SecureTransport": "false"}}',
        '{"NumericLessThan": {"s3:TlsVersion": 1.2}}',
    }


def test_key_rotates_and_has_an_alias(laptop: Any) -> None:
    assert laptop.properties("models", "AWS::KMS::Key")["EnableKeyRotation"] is True
    assert laptop.properties("models", "AWS::KMS::Alias")["AliasName"] == "alias/laptop-models"


def test_retained_platforms_log_access_to_a_second_bucket(laptop: Any, prod: Any) -> None:
    assert len(laptop.resources("models", "AWS::S3::Bucket")) == 1
    log, bucket = prod.resources("models", "AWS::S3::Bucket")
    assert "LoggingConfiguration" not in log["Properties"]
    assert bucket["Properties"]["LoggingConfiguration"]["LogFilePrefix"] == "artifacts/"


def test_what_holds_data_follows_the_platforms_removal(laptop: Any, prod: Any) -> None:
    for synthesized, policy, retain in ((laptop, "Delete", "false"), (prod, "Retain", "true")):
        for kind in ("AWS::S3::Bucket", "AWS::KMS::Key", "AWS::Logs::LogGroup"):
            found = {r["DeletionPolicy"] for r in synthesized.resources("models", kind)}
            assert found == {policy}
        assert synthesized.properties("models", contract.RESOURCE_TYPE)["Retain"] == retain


def test_fleet_has_exactly_the_properties_of_its_contract(any_platform: Any) -> None:
    if "models" not in any_platform.templates:
        return

    properties = any_platform.properties("models", contract.RESOURCE_TYPE)

    known = set(contract.FleetProperties.__annotations__)
    optional = {"StateMachineArn", "Compilers"}
    compiling = any_platform.platform.compile is not None
    assert set(properties) == (known if compiling else known - optional)


def test_fleet_points_at_the_manifest_that_synthesis_wrote(laptop: Any) -> None:
    properties = laptop.properties("models", contract.RESOURCE_TYPE)

    manifest = json.loads((laptop.directory / "sources.laptop-models/manifest.json").read_text())
    assert properties["Fleet"] == manifest["fleet"] == "laptop-models"
    assert properties["Prefix"] == manifest["prefix"] == "laptop-models/"
    assert properties["ManifestKey"] == f"{properties['ManifestDigest']}.json"
    assert [model["name"] for model in manifest["models"]] == ["inception", "minilm", "resnet50"]


def _file_assets(synthesized: Any) -> dict[str, str]:
    """Object key to source path of every asset that travels as a plain file."""
    manifest = json.loads((synthesized.directory / "laptop-models.assets.json").read_text())
    return {
        destination["objectKey"]: file["source"]["path"]
        for file in manifest["files"].values()
        for destination in file["destinations"].values()
        if file["source"]["packaging"] == "file"
    }


def test_manifest_pack_and_weights_travel_as_files_under_the_keys_that_the_handler_reads(
    laptop: Any,
) -> None:
    assets = _file_assets(laptop)
    properties = laptop.properties("models", contract.RESOURCE_TYPE)
    manifest = json.loads((laptop.directory / "sources.laptop-models/manifest.json").read_text())
    blobs = {
        file["blob"] for model in manifest["models"] for file in model["files"] if "blob" in file
    }

    assert blobs
    assert {properties["ManifestKey"], properties["SourcePackKey"]} | blobs <= set(assets)
    assert not any(path.startswith("/") for path in assets.values())


def test_weights_are_not_copied_into_the_assembly(laptop: Any) -> None:
    size = sum(file.stat().st_size for file in laptop.directory.rglob("*") if file.is_file())

    assert size < 5_000_000


def test_handlers_ship_exactly_the_packages_of_the_contract(laptop: Any) -> None:
    functions = [
        function["Properties"]
        for function in laptop.resources("models", "AWS::Lambda::Function")
        if function["Properties"]["Runtime"].startswith("python")
    ]
    staged = laptop.directory / f"asset.{functions[0]['Code']['S3Key'].removesuffix('.zip')}"

    assert [f["Handler"] for f in functions] == [contract.ON_EVENT, contract.IS_COMPLETE]
    assert {f["Runtime"] for f in functions} == {"python3.14"}
    assert {f["Code"]["S3Key"] for f in functions} == {functions[0]["Code"]["S3Key"]}
    assert {entry.name for entry in staged.iterdir()} == set(contract.PACKAGES)
    assert not list(staged.rglob("__pycache__"))


def test_handlers_finish_before_the_framework_that_calls_them(laptop: Any) -> None:
    timeouts = {
        function["Properties"]["Runtime"]: function["Properties"]["Timeout"]
        for function in laptop.resources("models", "AWS::Lambda::Function")
    }

    assert timeouts == {"python3.14": 840, "nodejs24.x": 900}


def test_every_function_writes_to_a_log_group_that_expires(laptop: Any) -> None:
    groups = laptop.resources("models", "AWS::Logs::LogGroup")

    assert {group["Properties"]["RetentionInDays"] for group in groups} == {30}
    for function in laptop.resources("models", "AWS::Lambda::Function"):
        assert "Ref" in function["Properties"]["LoggingConfig"]["LogGroup"]


def test_waiting_ends_within_the_hour_that_cloudformation_grants(laptop: Any) -> None:
    definition = laptop.properties("models", "AWS::StepFunctions::StateMachine")["DefinitionString"]
    text = "".join(part for part in definition["Fn::Join"][1] if isinstance(part, str))

    assert '"IntervalSeconds":2,"MaxAttempts":1800,"BackoffRate":1' in text


def _statements(synthesized: Any, sid: str) -> list[dict[str, Any]]:
    return [
        statement
        for policy in synthesized.resources("models", "AWS::IAM::Policy")
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement.get("Sid") == sid
    ]


def test_handlers_reach_their_prefix_and_the_sources_only(laptop: Any) -> None:
    (publish,) = _statements(laptop, "PublishAndCollect")
    (listing,) = _statements(laptop, "ListOwnPrefix")
    (missing,) = _statements(laptop, "TellWhatIsMissing")
    (reading,) = _statements(laptop, "ReadSources")

    assert set(publish["Action"]) == set(contract.ARTIFACT_OBJECT_ACTIONS)
    assert publish["Resource"]["Fn::Join"][1][-1] == "/laptop-models/*"
    assert listing["Action"] == "s3:ListBucketVersions"
    assert missing["Action"] == "s3:ListBucket"
    assert missing["Condition"] == {"StringLikeIfExists": {"s3:prefix": ["laptop-models/*"]}}
    assert listing["Condition"] == {"StringLike": {"s3:prefix": ["laptop-models/*"]}}
    assert reading["Action"] == "s3:GetObject"
    assert reading["Resource"]["Fn::Join"][1] == [
        "arn:aws:s3:::",
        {"Fn::Sub": "cdk-hnb659fds-assets-${AWS::AccountId}-us-east-1"},
        "/*",
    ]


def test_outputs_are_those_that_inferctl_reads(laptop: Any) -> None:
    assert set(laptop.templates["models"]["Outputs"]) >= {
        "ArtifactBucket",
        "FleetName",
        "IndexVersion",
        "ModelCount",
        "Prefix",
    }
