"""What a compile fleet becomes in the template, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk.assertions import Template

from accelerator_catalog import CPU_INSTANCES, GPU_EC2_INSTANCES
from inference_constructs import (
    CompileFleetProps,
    CompileQueueProps,
    CompilerImage,
    CompilerProps,
    ModelFleet,
    ModelFleetProps,
    ModelStore,
    ModelStoreProps,
)
from inference_constructs.compile_machine import JobQueueState, MachineParts, definition
from model_fleet import contract
from model_folders import FleetSources

ROOT = Path(__file__).resolve().parents[3]
G5 = [GPU_EC2_INSTANCES[f"g5.{size}"] for size in ("2xlarge", "4xlarge")]
CPU = [CPU_INSTANCES["m6i.4xlarge"]]
IMAGE = CompilerImage.of("111122223333.dkr.ecr.us-east-1.amazonaws.com/tensorrt:26.05-py3")
TENSORRT = CompilerProps(engine="tensorrt", targets=["g5"], queue="g5", image=IMAGE)
NEURONX = CompilerProps(
    engine="neuronx",
    targets=["inf2", "trn1"],
    queue="cpu",
    image=CompilerImage.of("public.ecr.aws/neuron/x:1"),
)


def _props(vpc: ec2.IVpc, **changed: Any) -> CompileFleetProps:
    values: dict[str, Any] = {
        "vpc": vpc,
        "queues": [
            CompileQueueProps(name="g5", instances=G5),
            CompileQueueProps(name="cpu", instances=CPU, spot=False, max_jobs=3),
        ],
        "compilers": [TENSORRT, NEURONX],
    }
    return CompileFleetProps(**(values | changed))


def _fleet(stack: cdk.Stack, tmp_path: Path, props: CompileFleetProps | None) -> Template:
    for name in ("manifest.json", "sources.pack"):
        (tmp_path / name).write_text("x")
    ModelFleet(
        stack,
        "Fleet",
        ModelFleetProps(
            fleet="fleet",
            prefix="fleet/",
            sources=FleetSources(
                manifest_path=tmp_path / "manifest.json",
                manifest_digest="a" * 64,
                pack_path=tmp_path / "sources.pack",
                pack_digest="b" * 64,
                blobs=(),
            ),
            store=ModelStore(stack, "Store", ModelStoreProps(alias="alias/models")),
            compile=props,
        ),
    )
    return Template.from_stack(stack)


@pytest.fixture
def template(stack: cdk.Stack, vpc: ec2.IVpc, tmp_path: Path) -> Template:
    return _fleet(stack, tmp_path, _props(vpc))


def _resources(template: Template, kind: str) -> list[dict[str, Any]]:
    return [dict(each) for each in template.find_resources(kind).values()]


def _properties(template: Template, kind: str) -> list[dict[str, Any]]:
    return [each["Properties"] for each in _resources(template, kind)]


def _machine(template: Template) -> dict[str, Any]:
    (machine,) = (
        each
        for each in _properties(template, "AWS::StepFunctions::StateMachine")
        if each.get("StateMachineType") == "STANDARD"
    )
    return dict(machine)


def test_hosts_are_spot_first_and_scale_to_zero(template: Template) -> None:
    environments = {
        (each["ComputeResources"]["InstanceTypes"][0], each["ComputeResources"]["Type"]): each
        for each in _properties(template, "AWS::Batch::ComputeEnvironment")
    }

    assert set(environments) == {
        ("g5.2xlarge", "SPOT"),
        ("g5.2xlarge", "EC2"),
        ("m6i.4xlarge", "EC2"),
    }
    for each in environments.values():
        resources = each["ComputeResources"]
        assert resources["MinvCpus"] == 0
        assert "optimal" not in resources["InstanceTypes"]
        assert "LatestVersionNumber" in json.dumps(resources["LaunchTemplate"]["Version"])
        assert each["ReplaceComputeEnvironment"] is False
    spot = environments["g5.2xlarge", "SPOT"]["ComputeResources"]
    assert spot["InstanceTypes"] == ["g5.2xlarge", "g5.4xlarge"]
    assert spot["AllocationStrategy"] == "SPOT_PRICE_CAPACITY_OPTIMIZED"
    assert spot["MaxvCpus"] == 8 * 16
    assert spot["Ec2Configuration"] == [{"ImageType": "ECS_AL2023_NVIDIA"}]
    cpu = environments["m6i.4xlarge", "EC2"]["ComputeResources"]
    assert cpu["Ec2Configuration"] == [{"ImageType": "ECS_AL2023"}]
    assert cpu["MaxvCpus"] == 3 * 16


def test_queue_tries_spot_and_then_on_demand(template: Template) -> None:
    orders = sorted(
        [
            [
                entry["ComputeEnvironment"]["Fn::GetAtt"][0]
                for entry in each["ComputeEnvironmentOrder"]
            ]
            for each in _properties(template, "AWS::Batch::JobQueue")
        ],
        key=len,
    )

    assert [len(order) for order in orders] == [1, 2]
    assert "Spot" in orders[1][0] and "OnDemand" in orders[1][1]


def test_hosts_outlive_neither_their_role_nor_its_rights(template: Template) -> None:
    for environment in _resources(template, "AWS::Batch::ComputeEnvironment"):
        (dependency,) = environment["DependsOn"]
        assert dependency.startswith("FleetCompileHostRoleDefaultPolicy")


def test_volume_is_encrypted_and_metadata_asks_for_a_token(template: Template) -> None:
    for each in _properties(template, "AWS::EC2::LaunchTemplate"):
        data = each["LaunchTemplateData"]
        (device,) = data["BlockDeviceMappings"]
        assert device["Ebs"]["Encrypted"] is True
        assert device["Ebs"]["VolumeSize"] == 200
        assert data["MetadataOptions"] == {"HttpPutResponseHopLimit": 1, "HttpTokens": "required"}
        assert "UserData" not in data


def test_hosts_reach_out_by_https_only_and_nothing_reaches_them(template: Template) -> None:
    for each in _properties(template, "AWS::EC2::SecurityGroup"):
        assert "SecurityGroupIngress" not in each
        ((rule),) = each["SecurityGroupEgress"]
        assert (rule["FromPort"], rule["ToPort"]) == (443, 443)


def test_job_has_its_host_to_itself_and_is_tried_again_by_cause(template: Template) -> None:
    jobs = {
        each["ContainerProperties"]["Image"]: each
        for each in _properties(template, "AWS::Batch::JobDefinition")
    }
    tensorrt = next(job for image, job in jobs.items() if "tensorrt" in image)
    container = tensorrt["ContainerProperties"]
    needs = {item["Type"]: item["Value"] for item in container["ResourceRequirements"]}

    assert container["Command"] == ["python", "-m", "model_compiler"]
    assert (needs["VCPU"], needs["GPU"]) == ("8", "1")
    assert 24 * 1024 < int(needs["MEMORY"]) < 32 * 1024
    assert tensorrt["Timeout"] == {"AttemptDurationSeconds": 7200}
    assert container["Environment"] == [{"Name": "MODEL_COMPILER_TIMEOUT_SECONDS", "Value": "6480"}]
    assert tensorrt["RetryStrategy"] == {
        "Attempts": 4,
        "EvaluateOnExit": [
            {"Action": "RETRY", "OnStatusReason": "Host EC2*"},
            {"Action": "EXIT", "OnExitCode": "2"},
            {"Action": "EXIT", "OnExitCode": "3"},
            {"Action": "EXIT", "OnExitCode": "4"},
            {"Action": "EXIT", "OnExitCode": "1*"},
        ],
    }
    neuronx = next(job for image, job in jobs.items() if "neuron" in image)
    assert not [
        item
        for item in neuronx["ContainerProperties"]["ResourceRequirements"]
        if item["Type"] == "GPU"
    ]


def test_machine_is_traced_and_logs_every_event_without_data(template: Template) -> None:
    machine = _machine(template)

    assert machine["TracingConfiguration"] == {"Enabled": True}
    assert machine["LoggingConfiguration"]["Level"] == "ALL"
    assert machine["LoggingConfiguration"]["IncludeExecutionData"] is False


def test_first_execution_waits_for_the_rights_of_its_children(template: Template) -> None:
    (resource,) = _resources(template, contract.RESOURCE_TYPE)

    assert any(name.startswith("FleetCompileChildren") for name in resource["DependsOn"])
    properties = resource["Properties"]
    assert "FleetCompileMachine" in json.dumps(properties["StateMachineArn"])
    text = "".join(
        part if isinstance(part, str) else "ARN" for part in properties["Compilers"]["Fn::Join"][1]
    )
    assert json.loads(text) == {
        "tensorrt/g5": {"queue": "g5", "job_definition": "ARN", "timeout_seconds": 7200},
        "neuronx/inf2": {"queue": "cpu", "job_definition": "ARN", "timeout_seconds": 7200},
        "neuronx/trn1": {"queue": "cpu", "job_definition": "ARN", "timeout_seconds": 7200},
    }


def test_lists_of_work_expire(template: Template) -> None:
    (bucket,) = (
        each
        for each in _properties(template, "AWS::S3::Bucket")
        if "old-work" in json.dumps(each.get("LifecycleConfiguration", {}))
    )

    assert {
        "ExpirationInDays": 30,
        "Id": "old-work",
        "Prefix": "fleet/work/",
        "Status": "Enabled",
    } in (bucket["LifecycleConfiguration"]["Rules"])


def test_packaging_alone_needs_no_batch(stack: cdk.Stack, tmp_path: Path) -> None:
    template = _fleet(stack, tmp_path, CompileFleetProps())

    assert not [kind for kind in _kinds(template) if kind.startswith("AWS::Batch::")]
    assert "AWS::EC2::LaunchTemplate" not in _kinds(template)
    text = json.dumps(_machine(template)["DefinitionString"])
    assert "compiles_key" not in text.replace("compiles_key.$", "").replace("$.compiles_key", "")
    assert "submitJob" not in text
    assert "batch:" not in json.dumps(template.to_json())


def test_fleet_without_the_machinery_has_none_of_it(stack: cdk.Stack, tmp_path: Path) -> None:
    template = _fleet(stack, tmp_path, None)

    (resource,) = _properties(template, contract.RESOURCE_TYPE)
    assert "StateMachineArn" not in resource and "Compilers" not in resource
    template.resource_count_is("AWS::StepFunctions::StateMachine", 1)


def _kinds(template: Template) -> set[str]:
    return {each["Type"] for each in template.to_json()["Resources"].values()}


PARTS = MachineParts(
    partition="aws-cn",
    package_function_arn="PACKAGE",
    failure_function_arn="FAILURE",
    queues=(JobQueueState(name="g5", arn="QUEUE", max_jobs=8, timeout_minutes=60),),
    packaging_calls=7,
    attempts=4,
)


def _branches(parts: MachineParts = PARTS) -> list[dict[str, Any]]:
    return [branch["States"] for branch in definition(parts)["States"]["Work"]["Branches"]]


def test_every_item_is_tried_and_none_is_written_back() -> None:
    packages, compiles = _branches()

    for state, concurrency in ((packages["Packages"], 7), (compiles["Compiles"], 16)):
        assert state["ToleratedFailurePercentage"] == 100
        assert state["MaxConcurrency"] == concurrency
        assert state["ItemProcessor"]["ProcessorConfig"] == {
            "Mode": "DISTRIBUTED",
            "ExecutionType": "STANDARD",
        }
        # the children's own output is all that a map returns, and it has 262,144 bytes for it
        assert "ResultWriter" not in state
        assert state["ItemProcessor"]["States"]["Done"] == {
            "Type": "Pass",
            "Result": {},
            "End": True,
        }
        assert state["ItemReader"]["Resource"] == "arn:aws-cn:states:::s3:getObject"


def test_empty_list_is_no_map_at_all() -> None:
    for name, states in zip(("packages", "compiles"), _branches(), strict=True):
        choice = states[f"Any {name}"]
        assert choice["Choices"] == [
            {"Variable": f"$.{name}", "NumericGreaterThan": 0, "Next": name.capitalize()}
        ]
        assert states[choice["Default"]] == {"Type": "Succeed"}


def test_job_gets_exactly_the_environment_of_the_contract() -> None:
    compiles = _branches()[1]["Compiles"]
    job = compiles["ItemProcessor"]["States"]["Compile on g5"]

    assert job["Resource"] == "arn:aws-cn:states:::batch:submitJob.sync"
    assert job["Parameters"]["JobQueue"] == "QUEUE"
    environment = {
        variable["Name"]: variable["Value.$"]
        for variable in job["Parameters"]["ContainerOverrides"]["Environment"]
    }
    assert environment == {name: f"$.{key}" for name, key in contract.JOB_VARIABLES.items()}
    given = {key.removesuffix(".$") for key in compiles["ItemSelector"]}
    used = {path.removeprefix("$.") for path in environment.values()}
    assert used | {"queue", "job_name", "job_definition", "timeout_seconds"} <= given
    assert job["TimeoutSeconds"] > 4 * 3600


def test_what_fails_is_written_down_and_ends_well() -> None:
    packages, compiles = _branches()
    for states, task in (
        (packages["Packages"]["ItemProcessor"]["States"], "Package"),
        (compiles["Compiles"]["ItemProcessor"]["States"], "Compile on g5"),
    ):
        (caught,) = states[task]["Catch"]
        assert caught == {
            "ErrorEquals": ["States.ALL"],
            "ResultPath": "$.error",
            "Next": "Note failure",
        }
        assert states["Note failure"]["Next"] == "Done"
        retried = states[task]["Retry"][0]["ErrorEquals"]
        assert "States.ALL" not in retried and "States.TaskFailed" not in retried


def test_package_function_is_called_until_nothing_is_left() -> None:
    states = _branches()[0]["Packages"]["ItemProcessor"]["States"]

    assert states["Package"]["Next"] == "Any left"
    assert states["Any left"] == {
        "Type": "Choice",
        "Choices": [{"Variable": "$.left", "NumericGreaterThan": 0, "Next": "Package"}],
        "Default": "Done",
    }


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: CompileQueueProps(name="G5", instances=G5), "lower-case .* got 'G5'"),
        (lambda: CompileQueueProps(name="g5", instances=[]), "must name at least one type"),
        (
            lambda: CompileQueueProps(name="g5", instances=[*G5, *CPU]),
            "GPUs of one kind, got NVIDIA A10G, none",
        ),
        (lambda: CompileQueueProps(name="g5", instances=G5, max_jobs=0), "1 to 1000, got 0"),
        (lambda: CompileQueueProps(name="g5", instances=G5, volume_gib=30), "at least 50, got 30"),
        (
            lambda: CompilerProps(engine="x", targets=[], queue="g5", image=IMAGE),
            "targets must name at least one",
        ),
        (
            lambda: CompilerProps(
                engine="x", targets=["g5"], queue="g5", image=IMAGE, timeout_minutes=1441
            ),
            "timeout_minutes must be 1 to 1440, got 1441",
        ),
        (lambda: CompileFleetProps(compilers=[TENSORRT]), "queues there are, got 'g5'"),
        (
            lambda: CompileFleetProps(
                queues=[CompileQueueProps(name="g5", instances=G5)], compilers=[TENSORRT]
            ),
            "vpc must be given",
        ),
        (
            lambda: CompileFleetProps(queues=[CompileQueueProps(name="g5", instances=G5)]),
            "must be used by a compiler, got 'g5'",
        ),
        (lambda: CompileFleetProps(compilers=[NEURONX, NEURONX]), "neuronx/inf2 twice"),
        (
            lambda: CompileFleetProps(queues=[CompileQueueProps(name="g5", instances=G5)] * 2),
            "unique names, got 'g5' twice",
        ),
        (lambda: CompileFleetProps(packaging_calls=0), "packaging_calls must be 1 to 1000, got 0"),
        (lambda: CompileFleetProps(attempts=11), "attempts must be 1 to 10, got 11"),
        (lambda: CompilerImage.built("none-such", {}), "container/none-such/Dockerfile is missing"),
    ],
)
def test_wrong_props_are_refused(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_instance_that_the_region_lacks_is_refused(tmp_path: Path) -> None:
    app = cdk.App(
        context=json.loads((ROOT / "cdk.json").read_text())["context"], outdir=str(tmp_path)
    )
    stack = cdk.Stack(app, "Stack", env=cdk.Environment(region="af-south-1"))
    vpc = ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-1", availability_zones=["a"], private_subnet_ids=["s"]
    )

    with pytest.raises(ValueError, match=r"invalid CompileQueue g5: .*af-south-1 offers"):
        _fleet(stack, tmp_path, _props(vpc))


def test_image_is_built_from_the_repository_narrowed_to_what_it_holds(
    stack: cdk.Stack, tmp_path: Path
) -> None:
    image = CompilerImage.built("tensorrt_compiler", {"BASE_IMAGE": "serving"}).bind(stack)
    assembly = cdk.App.of(stack).synth()  # type: ignore[union-attr]  # the stack is in an app

    (file,) = Path(assembly.directory).glob("*.assets.json")
    (asset,) = json.loads(file.read_text())["dockerImages"].values()
    staged = tmp_path / asset["source"]["directory"]
    assert asset["source"]["dockerFile"] == "container/tensorrt_compiler/Dockerfile"
    assert asset["source"]["dockerBuildArgs"] == {"BASE_IMAGE": "serving"}
    assert {each.name for each in staged.iterdir()} == {"container", "lambda"}
    assert {each.name for each in (staged / "container").iterdir()} == {
        "model_compiler",
        "tensorrt_compiler",
    }
    assert {each.name for each in (staged / "lambda").iterdir()} == {"model_artifacts"}
    assert list(staged.rglob("*.py")) and not list(staged.rglob("__pycache__"))
    assert image.repository_arn is not None
