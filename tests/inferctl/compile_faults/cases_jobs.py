"""What becomes of compile jobs: killed, lost, refused, out of memory, disk or time."""

from __future__ import annotations

from typing import Any

from inferctl.localaws.http import HttpResponse

from .case import case
from .fleet import JOB, NEW, OLD, Fleet
from .models import Release, Tiny
from .wire import Act, Call, Forward, instead, refuse

LOG = r" \(log: (Batch job [0-9a-f-]+|log group \S+, stream onnxruntime/default/[0-9a-f]+)\)"
ONE = r"1 of 3 models failed, the index is unchanged: model one: "


def fails_once(
    fleet: Fleet, said: str, *, attempts: int = 1, release: Release | None = None, **more: Any
) -> None:
    """A job fails for good after so many attempts."""
    fleet.fails(release or fleet.release(NEW), f"{ONE}{said}.*{LOG}", **more)
    assert (fleet.ends(), fleet.attempts()) == (["FAILED"], [attempts])


def is_mended(fleet: Fleet, said: str, *, attempts: int = 1, **more: Any) -> None:
    """`fails_once`; without the cause, one more job is enough."""
    new = more.pop("release", None) or fleet.release(NEW)
    fails_once(fleet, said, attempts=attempts, release=new, **more)
    fleet.stage()
    fleet.publish(new)
    assert (fleet.ends(), fleet.attempts()) == (["FAILED", "SUCCEEDED"], [attempts, 1])


def is_tried_again(fleet: Fleet, *, release: Release | None = None) -> None:
    """The first attempt fails, the second succeeds, and nobody is told of it."""
    fleet.publish(release or fleet.release(NEW))
    assert (fleet.ends(), fleet.attempts()) == (["SUCCEEDED"], [2])


def on_upload(
    fleet: Fleet, release: Release, act: Act, *, key: str = "one/", times: int = 1
) -> None:
    """Something happens when the job writes its archive, or below another key."""
    digest = release.digests["one"][:16]
    fleet.rule("PUT", fleet.prefix + key, digest, agent=JOB, act=act, times=times)


@case()
def job_is_killed_while_it_fetches(fleet: Fleet) -> None:
    new = fleet.release(NEW)
    fleet.rule("GET", new.pack_key, agent=JOB, act=instead(fleet.kill_job))
    is_mended(fleet, "compile failed: .*exit code 137", release=new)


@case(always="killed job")
def job_is_killed_while_it_compiles(fleet: Fleet) -> None:
    def kill() -> None:
        fleet.paused("compile")
        fleet.kill_job()

    fleet.stage(compile="pause")
    fails_once(fleet, "compile failed: .*exit code 137", during=kill)


@case(always="killed job")
def job_is_killed_while_the_compiled_file_is_tried(fleet: Fleet) -> None:
    def kill() -> None:
        fleet.paused("compiled")
        fleet.kill_job()

    fleet.stage(compiled="pause")
    fails_once(fleet, "compile failed: .*exit code 137", during=kill)


@case()
def job_is_killed_before_it_writes_its_report(fleet: Fleet) -> None:
    new = fleet.release(NEW)
    on_upload(fleet, new, instead(fleet.kill_job), key="reports/one/")
    is_mended(fleet, "compile failed: .*exit code 137", release=new)


@case(always="killed job")
def job_is_killed_between_its_report_and_its_archive(fleet: Fleet) -> None:
    new = fleet.release(NEW)
    on_upload(fleet, new, instead(fleet.kill_job))
    is_mended(fleet, "compile failed: .*exit code 137", release=new)


@case(always="killed job")
def job_is_terminated_by_an_operator(fleet: Fleet) -> None:
    def terminate() -> None:
        fleet.paused("compile")
        job, _ = fleet.running_job()
        fleet.batch.terminate_job(jobId=job, reason="enough of this")

    fleet.stage(compile="pause")
    fails_once(fleet, "compile failed: enough of this", during=terminate)


def lose_host(fleet: Fleet) -> None:
    job, _ = fleet.running_job()
    assert fleet.world.aws.batch.lose_host(job)


@case(always="spot loss")
def host_is_lost_while_the_job_fetches(fleet: Fleet) -> None:
    new = fleet.release(NEW)
    fleet.rule("GET", new.pack_key, agent=JOB, act=instead(lambda: lose_host(fleet)))
    is_tried_again(fleet, release=new)


@case()
def host_is_lost_while_the_job_compiles(fleet: Fleet) -> None:
    fleet.stage(compile="pause")
    new = fleet.release(NEW)
    fleet.begin(new)
    fleet.paused("compile")
    lose_host(fleet)
    assert fleet.end() == "UPDATE_COMPLETE"
    fleet.answers = new.answers
    assert (fleet.ends(), fleet.attempts()) == (["SUCCEEDED"], [2])


@case()
def host_is_lost_between_report_and_archive(fleet: Fleet) -> None:
    new = fleet.release(NEW)
    on_upload(fleet, new, instead(lambda: lose_host(fleet)))
    is_tried_again(fleet, release=new)


@case(always="spot loss")
def host_is_lost_in_every_attempt(fleet: Fleet) -> None:
    def lose_all() -> None:
        for attempt in range(1, 5):
            fleet.paused("job", attempt=attempt)
            lose_host(fleet)

    fleet.stage(job={"*": "pause"})
    said = r"compile failed: Host EC2 \(instance i-[0-9a-f]+\) terminated., after 4 attempts"
    is_mended(fleet, said, attempts=4, during=lose_all)


@case()
def compiler_refuses_the_model(fleet: Fleet) -> None:
    bad = Tiny(factor=3, compiled=True, operator="NoSuchOperator")
    wrong = fleet.release({**NEW, "one": bad})
    fleet.fails(wrong, f"{ONE}compile failed: onnx-worker ended with status 1.*{LOG}")
    assert (fleet.ends(), fleet.attempts()) == (["FAILED"], [1])
    fleet.publish(fleet.release(NEW))
    assert fleet.ends() == ["FAILED", "SUCCEEDED"]


@case(always="another")
def compiler_crashes_by_a_signal(fleet: Fleet) -> None:
    fleet.stage(compile={"*": "signal 11"})
    fails_once(fleet, "compile failed: onnx-worker ended with signal 11")


@case(always="another")
def compiler_ends_well_without_an_answer(fleet: Fleet) -> None:
    fleet.stage(compile={"*": "mute"})
    fails_once(fleet, "compile failed: onnx_worker ended well and gave no answer")


@case()
def compiler_is_killed_for_its_memory_once(fleet: Fleet) -> None:
    fleet.stage(compile="signal 9")
    is_tried_again(fleet)


@case()
def compiler_is_killed_for_its_memory_every_time(fleet: Fleet) -> None:
    fleet.stage(compile={"*": "signal 9"})
    said = "compile failed: onnx-worker was killed, most likely for lack of memory"
    fails_once(fleet, said, attempts=4)


@case()
def container_uses_up_its_memory(fleet: Fleet) -> None:
    fleet.stage(compile={"*": "memory"})
    small = fleet.world.job_definition(memory_mib=300)
    said = "compile failed: OutOfMemoryError: Container killed due to memory usage, .*exit code 137"
    fails_once(fleet, said, job_definition=small)


@case(always="another")
def compiler_takes_longer_than_it_may(fleet: Fleet) -> None:
    fleet.stage(compile={"*": "pause"})
    hasty = fleet.world.job_definition(MODEL_COMPILER_TIMEOUT_SECONDS="1")
    said = "compile failed: onnx-worker took longer than the 1 s that compiling may take"
    fails_once(fleet, said, job_definition=hasty)


@case(always="another")
def job_takes_longer_than_batch_allows(fleet: Fleet) -> None:
    fleet.stage(compile={"*": "pause"})
    said = "compile failed: Job attempt duration exceeded timeout"
    fails_once(fleet, said, timeout_seconds=60)


@case(always="failed verification")
def compiled_file_is_off_by_too_much(fleet: Fleet) -> None:
    random = Tiny(factor=3, compiled=True, operator="RandomUniformLike", minimum_cosine=1e-6)
    said = "verify failed: output y differs by .* from the uncompiled model, allowed is 1e-06"
    fleet.fails(fleet.release({**NEW, "one": random}), f"{ONE}{said}.*{LOG}")
    assert (fleet.ends(), fleet.attempts()) == (["FAILED"], [1])


@case(always="failed verification")
def compiled_file_points_elsewhere(fleet: Fleet) -> None:
    random = Tiny(factor=3, compiled=True, operator="RandomNormalLike", max_absolute_error=1e9)
    said = "verify failed: output y has cosine .* to the uncompiled model, at least 0.99999"
    fleet.fails(fleet.release({**NEW, "one": random}), f"{ONE}{said}.*{LOG}")
    assert (fleet.ends(), fleet.attempts()) == (["FAILED"], [1])


@case()
def disk_is_full_when_the_archive_is_written(fleet: Fleet) -> None:
    fleet.stage(compiled={"*": "full archive.tar.gz"})
    said = "assemble failed: the disk is full: .*No space left on device"
    is_mended(fleet, said, attempts=4)


@case(always="full disk")
def disk_is_full_on_one_host_only(fleet: Fleet) -> None:
    fleet.stage(compiled="full archive.tar.gz")
    is_tried_again(fleet)


@case(always="full disk")
def compiler_cannot_write_its_file(fleet: Fleet) -> None:
    fleet.stage(compile={"*": "full outputs/scale/1/model.onnx"})
    fails_once(fleet, "compile failed: onnx-worker ended with status 1; .*serialization failed")


@case()
def failure_that_the_job_wrote_is_cut_short(fleet: Fleet) -> None:
    def cut(call: Call, _forward: Forward) -> HttpResponse:
        bucket, _, key = call.text.partition("?")[0].lstrip("/").partition("/")
        fleet.s3.put_object(Bucket=bucket, Key=key, Body=b'{"model": "on')
        return HttpResponse(200, b"", {"ETag": '"0"'})

    fleet.stage(compile={"*": "signal 11"})
    fleet.rule("PUT", f"{fleet.prefix}work/", "failures/one.json", agent=JOB, act=cut)
    is_mended(fleet, r"compile failed: s3://\S+failures/one.json is not JSON")


@case()
def archive_may_not_be_written(fleet: Fleet) -> None:
    new = fleet.release(NEW)
    on_upload(fleet, new, refuse(403, "AccessDenied"), times=4)
    said = r"publish failed: writing s3://\S+: AccessDenied"
    is_mended(fleet, said, attempts=4, release=new)


@case(always="another")
def image_cannot_be_pulled(fleet: Fleet) -> None:
    nowhere = fleet.world.job_definition(image="nowhere/none-such:1")
    said = "compile failed: CannotPullContainerError: .*after 4 attempts"
    fails_once(fleet, said, attempts=4, job_definition=nowhere)


@case(always="another")
def log_of_the_jobs_is_gone(fleet: Fleet) -> None:
    silent = fleet.world.job_definition(log_group="/none/such")
    said = "compile failed: CannotStartContainerError: .*log group does not exist.*after 4 attempts"
    fails_once(fleet, said, attempts=4, job_definition=silent)


@case()
def one_of_many_models_fails(fleet: Fleet) -> None:
    many = {f"packed-{number:02}": Tiny(factor=number) for number in range(40)}
    built = {f"built-{number}": Tiny(factor=number, compiled=True) for number in range(3)}
    bad = Tiny(factor=9, compiled=True, operator="NoSuchOperator")
    wrong = fleet.release({**OLD, **many, **built, "bad": bad})
    fleet.fails(wrong, f"1 of 47 models failed.*: model bad: compile failed: .*{LOG}")
    assert sorted(fleet.ends()) == ["FAILED", *["SUCCEEDED"] * 3]
    archives = [key for key in fleet.stored() if key.endswith(".tar.gz")]
    assert len(archives) == 46

    fleet.publish(fleet.release({**wrong.models, "bad": Tiny(factor=9, compiled=True)}))
    assert sorted(fleet.ends()) == ["FAILED", *["SUCCEEDED"] * 4]
    assert len(fleet.executions()) == 2
    assert set(fleet.stored()) > set(archives)
