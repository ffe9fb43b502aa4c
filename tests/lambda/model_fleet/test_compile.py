"""The life of a fleet whose archives a state machine makes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from model_artifacts import artifact_key
from model_artifacts.s3_index import load_index
from model_fleet import contract, failure_handler, package_handler
from model_fleet.errors import FleetError, TryAgainError
from model_fleet.fleet import Location
from model_fleet.handler import is_complete, on_event
from model_fleet.record import read_record
from tests.support.compile_jobs import COMPILER_ERROR, WRONG_ANSWER
from tests.support.compile_world import COMPILERS, CompileWorld, compile_world
from tests.support.faulty_s3 import Fault, answer
from tests.support.fleet_world import PREFIX, Context, any_release, index_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

NEW = {"compiled": b"new", "packaged": b"new"}
OLD = {"compiled": b"old", "packaged": b"old"}
MANY = {f"model-{number:03}": b"x" for number in range(contract.PACKAGE_IN_PLACE + 1)}
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
THROTTLED = answer("ThrottlingException", 400)


@pytest.fixture
def world(s3: S3Client, monkeypatch: pytest.MonkeyPatch) -> CompileWorld:
    return compile_world(s3, monkeypatch)


def begun(world: CompileWorld, request: str = "first", **changes: str) -> dict[str, Any]:
    """An update whose execution runs, with a job in it."""
    event = world.event("update", world.two(NEW), request=request, **changes)
    world.on_event(event)
    assert world.is_complete(event) == {"IsComplete": False}
    (execution,) = world.fake.running()
    world.begin_jobs(execution)
    return event


def test_shortly_before_time_is_over_the_fleet_says_what_is_missing(world: CompileWorld) -> None:
    event = begun(world, TimeLimitSeconds="3600")
    limit = on_event(event, Context(), s3=world.client(), now=lambda: NOON)
    assert limit == {
        "PhysicalResourceId": f"artifacts/{PREFIX}",
        "PublishUntil": (NOON + timedelta(minutes=58)).isoformat(),
    }
    (execution,) = world.fake.running()

    def look(minutes: int) -> object:
        now = NOON + timedelta(minutes=minutes)
        return is_complete(
            event | limit, Context(), s3=world.client(), states=world.states, now=lambda: now
        )

    assert look(57) == {"IsComplete": False}
    said = r"2 of 2 models failed, .*: model compiled: compile failed: time is over and it still"
    with pytest.raises(FleetError, match=rf"{said} goes on .*\(log: execution arn:\S+"):
        look(58)
    assert world.fake.running() == [execution]


def test_look_that_meets_a_busy_s3_is_taken_again_until_time_is_over(world: CompileWorld) -> None:
    event = begun(world, TimeLimitSeconds="3600")
    limit = on_event(event, Context(), s3=world.client(), now=lambda: NOON)
    world.faults = [Fault(operation="get_object", error=answer("SlowDown", 503), nth=0)]

    def look(minutes: int) -> object:
        now = NOON + timedelta(minutes=minutes)
        return is_complete(
            event | limit, Context(), s3=world.client(), states=world.states, now=lambda: now
        )

    assert look(57) == {"IsComplete": False}
    with pytest.raises(FleetError, match=r"SlowDown: .*\(log: "):
        look(58)
    with pytest.raises(FleetError, match=r"SlowDown: .*\(log: "):
        is_complete(event, Context(), s3=world.client(), states=world.states)


def test_without_a_limit_there_is_none(world: CompileWorld) -> None:
    event = world.event("update", world.two(NEW))

    assert on_event(event, Context(), s3=world.client()) == {
        "PhysicalResourceId": f"artifacts/{PREFIX}"
    }


def test_recipes_are_compiled_and_the_index_names_their_reports(world: CompileWorld) -> None:
    release = world.two(NEW)
    result = world.run(world.event("create", release))

    assert result.get("Data", {}).get("PublishedCount") == "2"
    models = index_of(world)["models"]
    digest = models["compiled"]["current"]["digest"]
    assert models["compiled"]["current"]["report"] == f"reports/compiled/{digest[:16]}.json"
    assert models["packaged"]["current"]["report"] is None
    (execution,) = world.fake.executions.values()
    assert execution.name.startswith(f"{release.digest[:16]}-")
    assert execution.name.endswith("-1")
    work = json.loads(execution.input)
    assert set(work) == {*contract.WORK_FIELDS, "packages", "compiles"}
    assert work["work_prefix"].startswith(f"{PREFIX}work/{execution.name[17:33]}/1")
    (item,) = json.loads(
        world.s3.get_object(Bucket="artifacts", Key=work["compiles_key"])["Body"].read()
    )
    assert item == {
        "model": "compiled",
        "digest": digest,
        "key": artifact_key("compiled", digest),
        "source_bytes": 4,
        "engine": "tensorrt",
        "target": "cpu",
        "queue": "g5",
        "job_definition": COMPILERS["tensorrt/cpu"]["job_definition"],
        "job_name": f"compiled-{digest[:16]}",
        "timeout_seconds": 7200,
    }


def test_what_is_there_is_never_made_twice(world: CompileWorld) -> None:
    world.publish(NEW, "first")
    world.submitted.clear()
    world.packaged.clear()

    world.publish(NEW, "again")
    assert (world.submitted, world.packaged) == ([], [])
    world.publish({**NEW, "compiled": b"newer"}, "one")
    assert (world.submitted, world.packaged) == (["compiled"], [])
    assert len(world.fake.executions) == 2


def test_few_packages_are_made_in_place_and_many_by_the_machine(world: CompileWorld) -> None:
    few = dict(list(MANY.items())[1:])
    world.publish(few, "few")
    assert world.fake.executions == {}

    others = {f"other-{name}": body for name, body in MANY.items()}
    world.publish(others, "many")
    assert len(world.fake.executions) == 1
    assert sorted(world.packaged) == sorted(others)


def test_without_a_state_machine_the_handler_packages_as_ever(world: CompileWorld) -> None:
    event = world.event("create", world.two(MANY))
    del event["ResourceProperties"]["StateMachineArn"]

    assert world.run(event)["IsComplete"]
    assert world.fake.calls == []


def test_recipe_that_no_compiler_takes_is_refused_before_anything_starts(
    world: CompileWorld,
) -> None:
    release = world.release({"minilm": {"1/x": b"x"}}, recipes={"minilm": {"engine": "neuronx"}})

    with pytest.raises(FleetError) as caught:
        world.run(world.event("create", release))

    assert (
        "model minilm: compile failed: build 'laptop' needs neuronx for cpu, and this platform's"
        " compile fleet makes tensorrt/cpu" in str(caught.value)
    )
    assert world.fake.calls == []


def test_duplicate_create_joins_the_execution(world: CompileWorld) -> None:
    event = begun(world)

    world.on_event(event)
    assert world.is_complete(event) == {"IsComplete": False}
    assert len(world.fake.executions) == 1
    assert world.run(event)["IsComplete"]
    assert world.submitted == ["compiled"]


def test_two_calls_at_once_start_one_execution(world: CompileWorld) -> None:
    event = world.event("create", world.two(NEW))
    world.on_event(event)
    other = CompileWorld(world.s3, fake=world.fake)
    world.faults = [
        Fault(
            operation="put_object",
            key="execution.json",
            action=lambda: other.is_complete(event) and None,
        )
    ]

    assert world.is_complete(event) == {"IsComplete": False}

    assert len(world.fake.executions) == 1
    world.faults = []
    assert world.run(event)["IsComplete"]


def test_newer_update_stops_the_older_ones_execution_and_jobs(world: CompileWorld) -> None:
    older = begun(world)
    newer = world.event("update", world.two({"compiled": b"newest"}), request="second")

    world.on_event(newer)
    assert world.is_complete(newer) == {"IsComplete": False}

    first, second = world.fake.executions.values()
    assert (first.status, second.status) == ("ABORTED", "RUNNING")
    assert first.jobs == set()
    assert "is published instead" in first.cause
    with pytest.raises(FleetError, match="a newer request took over"):
        world.is_complete(older)
    world.run(newer)
    world.assert_quiet()


def test_package_function_gives_up_for_an_execution_that_was_replaced(
    world: CompileWorld,
) -> None:
    begun(world)
    (execution,) = world.fake.executions.values()
    newer = world.event("update", world.two({"compiled": b"newest"}), request="second")
    world.on_event(newer)
    world.is_complete(newer)
    stored = world.stored()

    world.work_through_packages(execution)

    assert world.stored() == stored


def test_rollback_leaves_the_execution_and_the_next_deployment_joins_it(
    world: CompileWorld,
) -> None:
    old = world.publish(OLD, "old")
    begun(world, "slow")
    # CloudFormation's hour is over: it goes back to the old manifest
    back = world.event("update", old, request="rollback")
    assert world.run(back)["IsComplete"]
    (running,) = world.fake.running()
    assert running.jobs == {"compiled"}

    again = world.event("update", world.two(NEW), request="second deployment")
    world.on_event(again)
    assert world.is_complete(again) == {"IsComplete": False}
    assert len(world.fake.running()) == 1
    assert world.run(again)["IsComplete"]
    assert world.submitted.count("compiled") == 2, "once for each version"
    world.assert_quiet()


def test_failure_of_a_joined_execution_is_told_to_who_joined(world: CompileWorld) -> None:
    begun(world, "slow")
    world.jobs["compiled"] = [COMPILER_ERROR]
    again = world.event("update", world.two(NEW), request="second deployment")

    with pytest.raises(FleetError, match="Unsupported operator"):
        world.run(again)

    world.assert_quiet()


def test_failure_of_an_older_deployment_is_tried_again(world: CompileWorld) -> None:
    world.jobs["compiled"] = [WRONG_ANSWER]
    with pytest.raises(FleetError, match="verify failed"):
        world.run(world.event("update", world.two(NEW), request="first"))

    assert world.run(world.event("update", world.two(NEW), request="second"))["IsComplete"]

    names = sorted(world.fake.executions)
    assert len(names) == 2
    assert world.packaged == ["packaged"]


@pytest.mark.parametrize("retain", ["true", "false"])
def test_delete_stops_the_execution_first_and_then_removes(
    world: CompileWorld, retain: str
) -> None:
    release = world.publish(OLD, "old")
    begun(world)
    event = world.event("delete", release, Retain=retain)

    world.on_event(event)
    assert world.is_complete(event) == {"IsComplete": False}
    assert world.fake.running() == []
    assert "index.json" in world.stored()
    assert world.is_complete(event) == {"IsComplete": True}

    world.assert_quiet()
    assert (world.versions() == []) == (retain == "false")


def test_delete_leaves_the_executions_of_another_prefix(world: CompileWorld) -> None:
    begun(world)
    (running,) = world.fake.running()
    event = world.event("delete", world.two(OLD)) | {
        "PhysicalResourceId": "artifacts/laptop-models-2/"
    }

    assert world.is_complete(event) == {"IsComplete": True}

    assert world.fake.running() == [running]


def test_delete_without_a_state_machine_any_more_succeeds(world: CompileWorld) -> None:
    release = world.publish(OLD, "old")
    world.fake.gone = True
    world.fake.executions.clear()

    assert world.run(world.event("delete", release)) == {"IsComplete": True}
    assert world.versions() == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault(operation="list_executions", error=THROTTLED),
        Fault(operation="describe_execution", error=THROTTLED),
        Fault(operation="stop_execution", error=THROTTLED),
        Fault(operation="stop_execution"),
        Fault(operation="stop_execution", after=True),
    ],
)
def test_delete_survives_a_busy_step_functions(world: CompileWorld, fault: Fault) -> None:
    release = world.publish(OLD, "old")
    begun(world)
    world.fake.faults = [fault]

    assert world.run(world.event("delete", release)) == {"IsComplete": True}

    assert fault.fired == 1
    assert world.versions() == []
    assert world.fake.running() == []


def test_delete_that_may_not_list_says_so(world: CompileWorld) -> None:
    release = world.publish(OLD, "old")
    world.fake.faults = [
        Fault(operation="list_executions", error=answer("AccessDeniedException", 400))
    ]

    with pytest.raises(FleetError, match="listing executions: AccessDeniedException"):
        world.run(world.event("delete", release))


def test_foreign_objects_below_our_folders_stay(world: CompileWorld) -> None:
    release = world.publish(NEW, "new")
    kept = [f"{PREFIX}reports/notes.txt", f"{PREFIX}work/mine.json"]
    for key in kept:
        world.s3.put_object(Bucket="artifacts", Key=key, Body=b"")

    world.run(world.event("delete", release))

    assert sorted(world.versions()) == sorted(kept)


def test_execution_begun_while_the_fleet_was_deleted_is_stopped(world: CompileWorld) -> None:
    release = world.two(NEW)
    event = world.event("create", release)
    world.on_event(event)
    other = CompileWorld(world.s3, fake=world.fake)
    world.fake.faults = [
        Fault(
            operation="start_execution",
            action=lambda: other.run(world.event("delete", release, request="delete")) and None,
        )
    ]

    with pytest.raises(FleetError, match="was deleted after this request began"):
        world.is_complete(event)

    world.assert_quiet()
    assert {item for item in world.stored() if item.endswith(".tar.gz")} == set()


def test_compiled_archive_that_may_be_deleted_at_any_moment_is_made_anew(
    world: CompileWorld,
) -> None:
    for body in (b"one", b"two"):
        world.publish({"compiled": body}, body.decode())
    world.faults = [Fault(operation="delete_objects", error=answer("SlowDown", 503), nth=0)]
    world.publish({"compiled": b"three"}, "three")
    world.faults = []
    (doomed,) = index_of(world)["garbage"]
    world.submitted.clear()

    world.publish({"compiled": b"one"}, "back")

    assert world.submitted == ["compiled"]
    assert index_of(world)["models"]["compiled"]["current"]["key"] == doomed["key"]
    world.assert_quiet()


def test_half_of_the_work_is_published_by_the_next_execution_without_being_done_again(
    world: CompileWorld,
) -> None:
    models = {f"compiled-{number}": b"x" for number in range(4)}
    world.jobs["compiled-2"] = [COMPILER_ERROR]
    with pytest.raises(FleetError, match="1 of 4 models failed"):
        world.publish(models, "first")
    world.submitted.clear()

    world.publish(models, "second")

    assert world.submitted == ["compiled-2"]


def test_message_of_many_failures_fits_and_counts_all(world: CompileWorld) -> None:
    models = {f"compiled-{number:02}": b"x" for number in range(20)}
    world.jobs = {name: [COMPILER_ERROR] for name in models}

    with pytest.raises(FleetError) as caught:
        world.publish(models, "first")

    message = str(caught.value)
    assert message.startswith("20 of 20 models failed")
    assert "compiled-00" in message and "and 12 more" in message
    assert len(json.dumps(message, ensure_ascii=False).encode()) <= 3002


def test_batches_of_packages_hold_big_and_small_models_alike(
    world: CompileWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model_fleet.work.PACKAGE_BATCH", 10)
    release = world.release(
        {f"model-{number:02}": {"1/x": b"x" * (number + 1)} for number in range(40)}
    )
    event = world.event("create", release)
    world.on_event(event)
    world.is_complete(event)
    (execution,) = world.fake.running()
    body = world.s3.get_object(Bucket="artifacts", Key=json.loads(execution.input)["packages_key"])[
        "Body"
    ].read()

    sizes = [item["source_bytes"] for item in json.loads(body)]

    batches = [sum(sizes[start : start + 10]) for start in range(0, 40, 10)]
    assert max(batches) - min(batches) <= 30
    assert sorted(sizes) == list(range(1, 41))


def test_package_function_hands_back_what_it_had_no_time_for(world: CompileWorld) -> None:
    batch = _batch(world)
    context = Context(seconds=840.0)

    def spend(seconds: float) -> None:
        context.seconds -= seconds

    world.faults = [
        Fault(operation="put_object", key=".tar.gz", nth=0, action=partial(spend, 100.0))
    ]
    left = package_handler.handler(batch, context, s3=world.client())
    world.faults = []
    assert 20 <= len(left["Items"]) < 33
    assert left["BatchInput"] == batch["BatchInput"]

    assert package_handler.handler(left, Context(), s3=world.client())["Items"] == []


def test_package_function_that_gets_nowhere_asks_to_be_called_again(world: CompileWorld) -> None:
    batch = _batch(world)
    world.faults = [
        Fault(operation="put_object", key=".tar.gz", error=answer("SlowDown", 503), nth=0)
    ]

    with pytest.raises(TryAgainError, match="none of 33 models could be packaged; model"):
        package_handler.handler(batch, Context(), s3=world.client())


def test_package_function_refuses_what_is_no_batch(world: CompileWorld) -> None:
    with pytest.raises(FleetError, match="not a batch, it needs BatchInput and Items"):
        package_handler.handler({"Items": []}, Context(), s3=world.client())


def test_failure_that_a_job_wrote_is_kept_with_the_log_beside_it(world: CompileWorld) -> None:
    batch = _batch(world)
    work = {**batch["BatchInput"], "model": "minilm"}
    key = f"{work['work_prefix']}failures/minilm.json"
    written = {"model": "minilm", "step": "verify", "reason": "cosine", "log": None}
    world.s3.put_object(Bucket="artifacts", Key=key, Body=json.dumps(written).encode())
    error = {"Error": "States.TaskFailed", "Cause": WRONG_ANSWER.cause("minilm")}

    failure_handler.handler(
        {"step": "compile", "work": work, "error": error}, Context(), s3=world.s3
    )

    body = json.loads(world.s3.get_object(Bucket="artifacts", Key=key)["Body"].read())
    assert body == written | {"log": "log group /jobs, stream tensorrt/default/minilm-1"}


def test_wrong_compilers_are_reported(world: CompileWorld) -> None:
    with pytest.raises(FleetError, match="Compilers must be a JSON object, got '\\[\\]'"):
        world.on_event(world.event("create", any_release(world), Compilers="[]"))
    with pytest.raises(FleetError, match="StateMachineArn must be the ARN of a state machine"):
        world.on_event(world.event("create", any_release(world), StateMachineArn="machine"))


def test_execution_that_the_newest_request_joined_goes_on(world: CompileWorld) -> None:
    event = world.event("update", release := world.two(NEW), request="first")
    world.on_event(event)
    newer = world.event("update", release, request="second")
    other = CompileWorld(world.s3, fake=world.fake)

    def join() -> None:
        other.on_event(newer)
        assert other.is_complete(newer) == {"IsComplete": False}

    # between the start and the look whether there is a newer request
    world.faults = [
        Fault(operation="get_object", key="index.json", nth=2, action=join),
    ]
    with pytest.raises(FleetError, match="a newer request took over"):
        world.is_complete(event)

    assert len(world.fake.running()) == 1
    world.meanwhile()
    assert other.is_complete(newer)["IsComplete"]


@pytest.mark.parametrize("body", [b"", b"[]", b'{"name": "x"}', b'"text"', b"\xff"])
def test_record_of_another_form_is_replaced(world: CompileWorld, body: bytes) -> None:
    world.publish(OLD, "old")
    key = f"{PREFIX}work/execution.json"
    world.s3.put_object(Bucket="artifacts", Key=key, Body=body)

    world.publish(NEW, "new")

    stored = read_record(world.s3, Location(bucket="artifacts", prefix=PREFIX))
    assert stored is not None and stored.record.request == "new"
    world.s3.put_object(Bucket="artifacts", Key=key, Body=body)
    world.run(world.event("delete", world.two(NEW), request="delete"))
    assert world.stored() == set()


def test_record_says_what_runs(world: CompileWorld) -> None:
    event = begun(world)
    location = {"bucket": "artifacts", "prefix": PREFIX}
    assert load_index(world.s3, **location).index["requests"][-1] == event["RequestId"]

    stored = read_record(world.s3, Location(bucket="artifacts", prefix=PREFIX))

    (execution,) = world.fake.running()
    assert stored is not None
    assert stored.record.name == execution.name
    assert json.loads(execution.input) == stored.record.input


def _batch(world: CompileWorld) -> dict[str, Any]:
    event = world.event("create", world.two(MANY))
    world.on_event(event)
    world.is_complete(event)
    (execution,) = world.fake.running()
    return world.batch_of(execution)
