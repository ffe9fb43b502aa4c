"""A platform's picture says what its templates say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from inferctl.cli import main
from inferctl.platform_diagram.boxes import boxes
from inferctl.platform_diagram.layout import lay_out
from inferctl.platform_diagram.links import Link, links
from inferctl.platform_diagram.order import ordered
from inferctl.platform_diagram.svg import draw

NETWORK: dict[str, Any] = {
    "Resources": {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
        "Nat": {"Type": "AWS::EC2::NatGateway", "Properties": {}},
    },
    "Outputs": {"V": {"Value": {"Ref": "Vpc"}, "Export": {"Name": "p-network:V"}}},
}
MODELS: dict[str, Any] = {
    "Resources": {
        "Bucket": {
            "Type": "AWS::S3::Bucket",
            "Properties": {"VersioningConfiguration": {"Status": "Enabled"}},
        },
        "Other": {"Type": "AWS::S3::Bucket", "Properties": {}},
    },
    "Outputs": {
        "B": {"Value": {"Fn::GetAtt": ["Bucket", "Arn"]}, "Export": {"Name": "p-models:B"}}
    },
}
ENDPOINT: dict[str, Any] = {
    "Resources": {
        "Role": {"Type": "AWS::IAM::Role", "Properties": {}},
        "Policy": {
            "Type": "AWS::IAM::Policy",
            "Properties": {
                "Roles": [{"Ref": "Role"}],
                "PolicyDocument": {"Resource": {"Fn::ImportValue": "p-models:B"}},
            },
        },
        "Model": {
            "Type": "AWS::SageMaker::Model",
            "Properties": {
                "ExecutionRoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
                "PrimaryContainer": {"Mode": "MultiModel", "Image": "repository:26.05-py3"},
                "VpcConfig": {"Subnets": [{"Fn::ImportValue": "p-network:V"}]},
            },
        },
        "Config": {
            "Type": "AWS::SageMaker::EndpointConfig",
            "Properties": {
                "ProductionVariants": [
                    {
                        "ModelName": {"Ref": "Model"},
                        "InstanceType": "ml.g5.xlarge",
                        "InitialInstanceCount": 2,
                    }
                ]
            },
        },
        "Endpoint": {
            "Type": "AWS::SageMaker::Endpoint",
            "Properties": {"EndpointName": "p<&>", "EndpointConfigName": {"Ref": "Config"}},
            "DependsOn": "Model",
        },
    }
}
PLATFORM = {"p-network": NETWORK, "p-models": MODELS, "p-endpoint": ENDPOINT}


def all_boxes() -> list[Any]:
    return [box for stack, template in PLATFORM.items() for box in boxes(stack, template)]


def arrows() -> set[tuple[str, str]]:
    found = all_boxes()
    return {(found[link.source].title, found[link.target].title) for link in links(PLATFORM, found)}


def test_boxes_show_what_a_reviewer_asks_for() -> None:
    shown = {box.title: box.details for box in all_boxes()}

    assert shown["VPC"] == ("10.0.0.0/16",)
    assert shown["Buckets"] == ("plain, versioned", "plain")
    assert shown["Model container"] == ("multi-model, Triton 26.05-py3",)
    assert shown["Endpoint config"] == ("2 x ml.g5.xlarge",)


def test_arrows_follow_references_imports_and_the_policies_of_roles() -> None:
    assert ("Endpoint", "Endpoint config") in arrows()
    assert ("Endpoint config", "Model container") in arrows()
    assert ("Model container", "Buckets") in arrows()
    assert ("Model container", "VPC") in arrows()


def test_an_arrow_that_two_others_make_is_left_out() -> None:
    assert ("Endpoint", "Model container") not in arrows()


def test_the_network_lies_below_and_nothing_overlaps() -> None:
    found = all_boxes()
    layout = lay_out(found, list(PLATFORM), "p-network")

    for index, one in enumerate(layout.places):
        for other in layout.places[index + 1 :]:
            apart = one.right < other.x or other.right < one.x
            assert apart or one.bottom < other.y or other.bottom < one.y
    lowest = max(layout.cards[stack].bottom for stack in ("p-models", "p-endpoint"))
    assert layout.cards["p-network"].y > lowest
    assert layout.base == "p-network"


def test_a_single_stack_stands_beside_its_network() -> None:
    templates = {"p-network": NETWORK, "p-models": MODELS}
    found = [box for stack, template in templates.items() for box in boxes(stack, template)]

    layout = lay_out(found, list(templates), "p-network")

    assert layout.base == "p-network"
    assert layout.cards["p-network"].x > layout.cards["p-models"].right
    assert layout.cards["p-network"].y == layout.cards["p-models"].y


def test_what_needs_stands_above_what_is_needed_but_in_the_network() -> None:
    found = all_boxes()

    order = [box.title for box in ordered(found, links(PLATFORM, found), kept="p-network")]

    assert order.index("Endpoint") < order.index("Endpoint config")
    assert order.index("Endpoint config") < order.index("Model container")
    assert order[:2] == ["VPC", "NAT gateways"]


def test_a_circle_is_cut_open_where_it_is_entered() -> None:
    template = {
        "Resources": {
            "Key": {"Type": "AWS::KMS::Key", "Properties": {}},
            "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"X": {"Ref": "Topic"}}},
            "Fleet": {"Type": "Custom::ModelFleet", "Properties": {"X": {"Ref": "Topic"}}},
            "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"X": {"Ref": "Bucket"}}},
        }
    }
    found = boxes("s", template)

    order = [box.title for box in ordered(found, links({"s": template}, found), kept=None)]

    assert order == ["Encryption", "Model fleet", "Buckets", "Notifications"]


def test_the_provider_framework_is_drawn_through() -> None:
    template = {
        "Resources": {
            "Fleet": {"Type": "Custom::ModelFleet", "Properties": {"T": {"Ref": "Framework"}}},
            "Framework": {
                "Type": "AWS::Lambda::Function",
                "Properties": {"Handler": "framework.onEvent", "X": {"Ref": "Ours"}},
            },
            "Waiter": {
                "Type": "AWS::StepFunctions::StateMachine",
                "Properties": {"DefinitionString": '{"StartAt":"framework-isComplete-task"}'},
            },
            "Ours": {
                "Type": "AWS::Lambda::Function",
                "Properties": {"Handler": "model_fleet.handler.on_event"},
            },
        }
    }
    found = boxes("s", template)

    assert [box.title for box in found] == ["Model fleet", "Functions"]
    assert links({"s": template}, found) == (Link(0, 1),)


def test_services_tasks_queues_and_alarms_say_what_they_are() -> None:
    template = {
        "Resources": {
            "Daemon": {
                "Type": "AWS::ECS::Service",
                "Properties": {"SchedulingStrategy": "DAEMON"},
            },
            "Scaled": {"Type": "AWS::ECS::Service", "Properties": {}},
            "Task": {
                "Type": "AWS::ECS::TaskDefinition",
                "Properties": {
                    "ContainerDefinitions": [
                        {"Name": "main", "Image": "1.dkr.ecr/tf/serving:2@sha256:0"},
                        {"Name": "model-fetch", "Image": {"Fn::Sub": "x"}},
                    ]
                },
            },
            "Spot": {
                "Type": "AWS::Batch::ComputeEnvironment",
                "Properties": {"ComputeResources": {"Type": "SPOT", "InstanceTypes": ["m5"]}},
            },
            "Queue": {
                "Type": "AWS::Batch::JobQueue",
                "Properties": {
                    "ComputeEnvironmentOrder": [
                        {"ComputeEnvironment": {"Fn::GetAtt": ["Spot", "Arn"]}},
                        {"ComputeEnvironment": "arn"},
                    ]
                },
            },
            "Alarm": {
                "Type": "AWS::CloudWatch::Alarm",
                "Properties": {"AlarmName": "gpu-endpoint-us-east-1-cold-calls"},
            },
        }
    }

    shown = {box.title: box.details for box in boxes("s", template)}

    assert shown["Services"] == ("daemon, a task on each host", "as many tasks as scaling sets")
    assert shown["Task definitions"] == ("main: serving", "model-fetch: own image")
    assert shown["Batch queues"] == ("spot, then hosts",)
    assert shown["Alarms"] == ("cold-calls",)


def test_the_picture_is_well_formed_and_the_same_each_time() -> None:
    drawn = draw(PLATFORM, title="p <&> q")

    assert drawn == draw(PLATFORM, title="p <&> q")
    texts = [element.text for element in ElementTree.fromstring(drawn).iter() if element.text]
    assert "p<&>" in texts


def test_many_alike_resources_are_counted_and_cut() -> None:
    alarms = {
        f"A{number}": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"MetricName": name}}
        for number, name in enumerate(["a", "a", "b", "c", "d", "e", "f"])
    }

    (box,) = boxes("s", {"Resources": alarms})

    assert box.details == ("2 x a", "b", "c", "d", "and 2 more")


def test_links_in_circles_stay() -> None:
    template = {
        "Resources": {
            "A": {"Type": "AWS::S3::Bucket", "Properties": {"X": {"Ref": "B"}}},
            "B": {"Type": "AWS::SNS::Topic", "Properties": {"X": {"Ref": "A"}}},
        }
    }
    found = boxes("s", template)

    assert links({"s": template}, found) == (Link(0, 1), Link(1, 0))


def write_assembly(folder: Path, templates: dict[str, Any]) -> None:
    artifacts = {}
    for stack, template in templates.items():
        (folder / f"{stack}.template.json").write_text(json.dumps(template))
        artifacts[stack] = {
            "type": "aws:cloudformation:stack",
            "properties": {"templateFile": f"{stack}.template.json"},
        }
    (folder / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))


def test_the_command_writes_the_file_that_is_named(tmp_path: Path) -> None:
    write_assembly(tmp_path, PLATFORM)
    output = tmp_path / "p.svg"

    done = main(["diagram", "p", "--assembly", str(tmp_path), "--output", str(output)])

    assert done == 0
    assert output.read_text().startswith("<svg ")


@pytest.mark.parametrize(
    ("platform", "templates", "extra", "message"),
    [
        ("q", PLATFORM, (), "has no stack of platform q; run `make synth PLATFORM=q` first"),
        ("p", PLATFORM, ("--chips",), "platform p has no cluster"),
        ("p", {"p-cluster": {}}, ("--chips",), "holds no capacity provider"),
        ("p", {"p-x": {}}, (), "have no resource that can be drawn"),
        ("p", {"p-x": []}, (), "holds no templates of ours"),
        ("p", {"p-x": {"Resources": {"A": {}}}}, (), "holds no templates of ours (KeyError"),
    ],
)
def test_what_cannot_be_drawn_is_refused(
    platform: str,
    templates: dict[str, Any],
    extra: tuple[str, ...],
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_assembly(tmp_path, templates)

    assert main(["diagram", platform, "--assembly", str(tmp_path), *extra]) == 2
    assert message in capsys.readouterr().err


def test_a_folder_without_templates_says_how_to_make_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diagram", "dev", "--assembly", str(tmp_path)]) == 2
    assert "run `make synth PLATFORM=dev` first" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["{", "[]", '{"artifacts": {"p-a": {}}}'])
def test_a_manifest_that_is_none_is_refused(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "manifest.json").write_text(text)

    assert main(["diagram", "p", "--assembly", str(tmp_path)]) == 2
    assert "is no output of the CDK" in capsys.readouterr().err
