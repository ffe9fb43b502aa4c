"""What the state machine gives a job is what the job reads."""

from __future__ import annotations

from inference_constructs import compile_job
from model_compiler import contract
from model_fleet.contract import JOB_VARIABLES
from model_fleet.record import record_key


def test_a_job_is_given_every_variable_that_it_needs_and_no_other() -> None:
    needed = {
        *(contract.BUCKET_VARIABLE, contract.PREFIX_VARIABLE, contract.SOURCE_BUCKET_VARIABLE),
        *(contract.MANIFEST_KEY_VARIABLE, contract.MANIFEST_DIGEST_VARIABLE),
        *(contract.SOURCE_PACK_KEY_VARIABLE, contract.WORK_PREFIX_VARIABLE),
        *(contract.MODEL_VARIABLE, contract.DIGEST_VARIABLE),
    }

    assert set(JOB_VARIABLES) == needed


def test_the_job_looks_for_the_record_where_the_handler_writes_it() -> None:
    assert record_key("fleet/") == f"fleet/{contract.RECORD_NAME}"


def test_the_job_definition_limits_the_compiler_by_the_variable_that_it_reads() -> None:
    assert compile_job._TIMEOUT_VARIABLE == contract.TIMEOUT_VARIABLE
