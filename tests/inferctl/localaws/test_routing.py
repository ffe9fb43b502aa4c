from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from inferctl.localaws.admin import Admin
from inferctl.localaws.http import HttpRequest, HttpResponse
from inferctl.localaws.routing import INVOCATION_BODY_LIMIT, Router, invoked_endpoint


class Everything:
    """Every part behind the router; remembers what reached it."""

    def __init__(self) -> None:
        self.seen: list[Any] = []

    def invoke(self, endpoint: str, **call: Any) -> HttpResponse:
        self.seen.append(("serving", endpoint, call))
        return HttpResponse(200)

    def handle(self, params: Mapping[str, str], *, region: str, agent: str = "") -> HttpResponse:
        assert agent == ""
        self.seen.append(("cloudformation", dict(params), region))
        return HttpResponse(200)

    def forget(self, endpoint: str) -> None: ...

    def close(self) -> None: ...

    def leftovers(self, *, regions: Iterable[str]) -> Any: ...

    def status(self) -> dict[str, Any]:
        return {"up": True}

    def deliver(self, token: str, body: bytes) -> bool:
        self.seen.append(("deliver", token, body))
        return token == "known"


class Clusters:
    """Stands for ECS."""

    def __init__(self) -> None:
        self.seen: list[tuple[HttpRequest, str]] = []

    def handle(self, request: HttpRequest, *, region: str) -> HttpResponse:
        self.seen.append((request, region))
        return HttpResponse(298)

    def status(self) -> list[dict[str, Any]]:
        return []


class Jobs:
    """Stands for Batch."""

    def __init__(self) -> None:
        self.seen: list[tuple[HttpRequest, str]] = []

    def handle(self, request: HttpRequest, *, region: str) -> HttpResponse:
        self.seen.append((request, region))
        return HttpResponse(298)

    def status(self) -> dict[str, Any]:
        return {}

    def wait(self, job_id: str, *, seconds: float, region: str = "") -> bool:
        raise AssertionError((job_id, seconds, region))

    def lose_host(self, job_id: str, *, region: str = "") -> bool:
        raise AssertionError((job_id, region))

    def pid(self, job_id: str, *, region: str = "") -> int | None:
        raise AssertionError((job_id, region))

    def close(self) -> None: ...


class Rest:
    """Stands for moto."""

    def __init__(self) -> None:
        self.seen: list[HttpRequest] = []

    def handle(self, request: HttpRequest) -> HttpResponse:
        self.seen.append(request)
        return HttpResponse(299)


@pytest.fixture
def parts() -> Everything:
    return Everything()


@pytest.fixture
def clusters() -> Clusters:
    return Clusters()


@pytest.fixture
def jobs() -> Jobs:
    return Jobs()


@pytest.fixture
def rest() -> Rest:
    return Rest()


@pytest.fixture
def router(parts: Everything, clusters: Clusters, jobs: Jobs, rest: Rest) -> Router:
    admin = Admin(
        status=parts.status,
        leftovers=lambda: {"leftovers": [], "retained": []},
        deliver=parts.deliver,
        shutdown=lambda: parts.seen.append("shutdown"),
    )
    return Router(
        admin=admin, serving=parts, cloudformation=parts, ecs=clusters, batch=jobs, moto=rest
    )


def request(
    method: str, uri: str, body: bytes = b"", *, scope: str = "", **headers: str
) -> HttpRequest:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if scope:
        credential = f"AKID/20260101/eu-west-1/{scope}/aws4_request"
        named["authorization"] = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host"
    return HttpRequest(method, uri, named, lambda limit: body if limit is None else body[:limit])


def test_invocations_reach_serving_with_their_headers(router: Router, parts: Everything) -> None:
    router.handle(
        request(
            "POST",
            "/endpoints/laptop/invocations",
            b"tensor",
            scope="sagemaker",
            content_type="application/octet-stream",
            accept="application/json",
            x_amzn_sagemaker_target_model="minilm/0123.tar.gz",
            x_amzn_sagemaker_custom_attributes="trace=1",
        )
    )

    assert parts.seen == [
        (
            "serving",
            "laptop",
            {
                "body": b"tensor",
                "content_type": "application/octet-stream",
                "accept": "application/json",
                "target_model": "minilm/0123.tar.gz",
                "custom_attributes": "trace=1",
            },
        )
    ]


def test_of_a_body_over_the_limit_serving_gets_one_byte_too_many(
    router: Router, parts: Everything
) -> None:
    router.handle(
        request("POST", "/endpoints/e/invocations", b"x" * (INVOCATION_BODY_LIMIT + 1000))
    )

    assert len(parts.seen[0][2]["body"]) == INVOCATION_BODY_LIMIT + 1


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/endpoints/a/invocations", "a"),
        ("/endpoints/a%2Db/invocations", "a-b"),
        ("/endpoints//invocations", None),
        ("/endpoints/a/b/invocations", None),
        ("/endpoints/a/invocations/x", None),
        ("/bucket/a/invocations", None),
    ],
)
def test_only_the_invocation_path_names_an_endpoint(path: str, name: str | None) -> None:
    assert invoked_endpoint(path) == name


def test_signed_cloudformation_calls_keep_their_region(router: Router, parts: Everything) -> None:
    body = b"Action=DescribeStacks&StackName=a%20b&Version=2010-05-15"

    router.handle(request("POST", "/", body, scope="cloudformation"))

    expected = {"Action": "DescribeStacks", "StackName": "a b", "Version": "2010-05-15"}
    assert parts.seen == [("cloudformation", expected, "eu-west-1")]
    assert "eu-west-1" in router.regions


def test_ecs_calls_reach_our_ecs_and_not_moto(
    router: Router, clusters: Clusters, rest: Rest
) -> None:
    sent = request("POST", "/", b"{}", scope="ecs")

    assert router.handle(sent).status == 298
    assert clusters.seen == [(sent, "eu-west-1")]
    assert rest.seen == []


def test_batch_calls_reach_our_batch_and_not_moto(router: Router, jobs: Jobs, rest: Rest) -> None:
    sent = request("POST", "/v1/submitjob", b"{}", scope="batch")

    assert router.handle(sent).status == 298
    assert jobs.seen == [(sent, "eu-west-1")]
    assert rest.seen == []


def test_unsigned_cloudformation_forms_are_recognised_by_their_version(
    router: Router, parts: Everything, rest: Rest
) -> None:
    form = "application/x-www-form-urlencoded"
    ours, other = b"Action=ListStacks&Version=2010-05-15", b"Action=ListTopics&Version=2010-03-31"

    router.handle(request("POST", "/", ours, content_type=form))
    router.handle(request("POST", "/", other, content_type=form))

    assert [seen[1]["Action"] for seen in parts.seen] == ["ListStacks"]
    assert [seen.read_body(None) for seen in rest.seen] == [other]


def test_everything_else_goes_to_moto(router: Router, rest: Rest) -> None:
    assert router.handle(request("GET", "/bucket/key", scope="s3")).status == 299
    assert rest.seen[0].scope == ("s3", "eu-west-1")


def test_a_presigned_address_is_scoped_by_its_query() -> None:
    uri = "/b/k?X-Amz-Credential=AKID%2F20260101%2Fus-west-2%2Fs3%2Faws4_request&X-Amz-Date=x"

    assert request("GET", uri).scope == ("s3", "us-west-2")
    assert request("GET", "/b/k").scope is None


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/_localaws/status", 200),
        ("GET", "/_localaws/ping", 200),
        ("GET", "/_localaws/leftovers", 200),
        ("PUT", "/_localaws/cfn-response/known", 200),
        ("PUT", "/_localaws/cfn-response/unknown", 404),
        ("POST", "/_localaws/shutdown", 200),
        ("GET", "/_localaws/shutdown", 404),
        ("GET", "/_localaws/nothing", 404),
    ],
)
def test_admin_routes(router: Router, method: str, path: str, status: int) -> None:
    assert router.handle(request(method, path)).status == status


def test_a_part_that_raises_is_answered_with_500_and_its_message(
    router: Router, rest: Rest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_request: HttpRequest) -> HttpResponse:
        raise KeyError("missing")

    monkeypatch.setattr(rest, "handle", broken)

    answer = router.handle(request("GET", "/"))

    assert answer.status == 500
    assert b"KeyError: 'missing'" in answer.body
