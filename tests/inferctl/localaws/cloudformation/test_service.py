"""What the service tells about its stacks."""

from __future__ import annotations

from inferctl.localaws.cloudformation.callbacks import Callbacks

from .conftest import Stacks


def test_status_and_resources_show_what_a_stack_holds(stacks: Stacks) -> None:
    group = {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 7}}
    outputs = {"Name": {"Value": {"Ref": "Group"}}}

    stacks.create("shown", {"Resources": {"Group": group}, "Outputs": outputs})

    resource = stacks.service.resources("shown")[0]
    assert (resource.type, resource.properties) == ("AWS::Logs::LogGroup", {"RetentionInDays": 7})
    assert stacks.service.status()["shown"] == {
        "region": "us-east-1",
        "status": "CREATE_COMPLETE",
        "reason": None,
        "resources": 1,
        "outputs": {"Name": resource.physical_id},
    }


def test_what_no_stack_owns_is_left_over(stacks: Stacks) -> None:
    s3 = stacks.aws.client("s3")
    s3.create_bucket(Bucket="nobodys")

    assert "s3 nobodys" in stacks.service.leftovers().unowned

    s3.delete_bucket(Bucket="nobodys")
    assert "s3 nobodys" not in stacks.service.leftovers().unowned


def test_answer_that_nobody_ever_asked_for_is_refused(stacks: Stacks) -> None:
    assert stacks.service.deliver("unknown", b"{}") is False


def test_second_answer_is_taken_and_changes_nothing() -> None:
    callbacks = Callbacks()
    token = callbacks.open()

    assert callbacks.deliver(token, b'{"Status": "SUCCESS"}')
    assert callbacks.deliver(token, b'{"Status": "FAILED"}')

    assert callbacks.wait(token, 0) == {"Status": "SUCCESS"}
    assert callbacks.deliver(token, b'{"Status": "FAILED"}')
