"""What SageMaker and the container may do in the endpoint's name."""

from __future__ import annotations

from typing import Any


def test_role_writes_the_log_of_this_endpoint_and_of_no_longer_name(laptop: Any) -> None:
    resources = _statement(laptop, "WriteLogs")["Resource"]

    assert [resource["Fn::Join"][1][-1] for resource in resources] == [
        ":log-group:/aws/sagemaker/Endpoints/laptop-models",
        ":log-group:/aws/sagemaker/Endpoints/laptop-models:*",
    ]


def _statement(synthesized: Any, sid: str) -> dict[str, Any]:
    (statement,) = (s for s in _statements(synthesized) if s.get("Sid") == sid)
    return dict(statement)


def _statements(synthesized: Any) -> list[dict[str, Any]]:
    """Of the policy that the model waits for, which is its role's."""
    (model,) = synthesized.resources("endpoint", "AWS::SageMaker::Model")
    (policy,) = model["DependsOn"]
    document = synthesized.templates["endpoint"]["Resources"][policy]["Properties"]
    statements: list[dict[str, Any]] = document["PolicyDocument"]["Statement"]
    return statements


def test_role_reads_its_prefix_only(laptop: Any) -> None:
    reading, listing = (_statement(laptop, sid) for sid in ("ReadModels", "ListModels"))

    assert reading["Action"] == "s3:GetObject"
    assert reading["Resource"]["Fn::Join"][1][-1] == "/laptop-models/*"
    assert listing["Condition"] == {"StringLike": {"s3:prefix": ["laptop-models/*"]}}


def test_role_pulls_one_repository_only(laptop: Any, govcloud: Any) -> None:
    assert _statement(laptop, "PullImage")["Resource"] == (
        "arn:aws:ecr:us-east-1:763104351884:repository/sagemaker-tritonserver"
    )
    assert "cdk-hnb659fds-container-assets" in str(_statement(govcloud, "PullImage")["Resource"])


def test_role_may_decrypt_and_not_encrypt(laptop: Any) -> None:
    actions = [s["Action"] for s in _statements(laptop) if "kms" in str(s["Action"])]
    assert actions == ["kms:Decrypt"]


def test_role_attaches_interfaces_to_its_own_subnets_and_group(laptop: Any) -> None:
    resources = _statement(laptop, "CreateInterfaces")["Resource"]

    kinds = [resource["Fn::Join"][1][2] for resource in resources]
    assert kinds == [":network-interface/*", ":security-group/", ":subnet/", ":subnet/"]


def test_model_waits_for_the_roles_permissions(laptop: Any) -> None:
    (model,) = laptop.resources("endpoint", "AWS::SageMaker::Model")

    (dependency,) = model["DependsOn"]
    resources = laptop.templates["endpoint"]["Resources"]
    assert resources[dependency]["Type"] == "AWS::IAM::Policy"
