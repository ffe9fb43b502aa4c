"""The platform file's words are those that the constructs know, no more and no fewer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast, get_args

import pytest

from inference_constructs import (
    INTERFACE_ENDPOINTS,
    ContainerSettings,
    ModelData,
    ScalingMetric,
)
from inference_constructs.log_retention import RETENTION
from inference_constructs.network import SUBNET_TYPES
from stacks.config import Platform
from stacks.construct_props import endpoint_props, network_props, scaling_props
from stacks.platform import file as platform_file
from stacks.platform.endpoint.environment import LARGEST_BYTES, MOST_ENTRIES
from stacks.platform.section import RetentionDays


@pytest.mark.parametrize(
    ("words", "known"),
    [
        (
            platform_file.InterfaceEndpoint,
            # Elastic Inference has a key of its own, which needs an acknowledgement.
            INTERFACE_ENDPOINTS.keys() - {"elastic-inference.runtime"},
        ),
        (platform_file.Metric, {metric.value for metric in ScalingMetric}),
        (RetentionDays, RETENTION.keys()),
        (platform_file.SubnetKind, SUBNET_TYPES.keys()),
    ],
)
def test_words_of_the_file_are_those_of_the_constructs(words: Any, known: set[object]) -> None:
    assert set(get_args(words)) == set(known)


@pytest.mark.parametrize(
    ("section", "chosen"),
    [
        ("interface_endpoints: auto", ("sagemaker.runtime",)),
        ("interface_endpoints: []", ()),
        ("interface_endpoints: [sts, logs]", ("sts", "logs")),
        (
            "interface_endpoints: [sts], elastic_inference_endpoint: true",
            ("sts", "elastic-inference.runtime"),
        ),
    ],
)
def test_interface_endpoints_are_picked_only_where_the_file_leaves_them_open(
    section: str, chosen: tuple[str, ...], load: Callable[[str], Platform]
) -> None:
    platform = load(
        "platform: test\nregion: us-east-1\nacknowledge_end_of_life: [elastic-inference]\n"
        f"network: {{{section}}}\nendpoint: {{}}\n"
    )

    assert network_props(platform).interface_endpoints == chosen


def test_room_for_variables_is_what_the_endpoints_own_leave() -> None:
    own = ContainerSettings().all_environment

    assert MOST_ENTRIES + len(own) == 100
    assert LARGEST_BYTES + sum(len(f"{name}{own[name]}") for name in own) == 32 * 1024


@pytest.mark.parametrize(
    "section",
    [
        f"environment: {{{', '.join(f'V{number}: x' for number in range(MOST_ENTRIES))}}}",
        "environment: {LONG: " + "é" * 512 + "}",
        "name: a--b, initial_instance_count: 1, scaling: {min_instances: 1, max_instances: 1}",
        "model_data_download_timeout_seconds: 60, scaling: {target: 1}",
        "container_startup_health_check_timeout_seconds: 3600, scaling: {target: 100}",
        "scaling: {metric: invocations_per_instance, target: 0.5, scale_in_cooldown_seconds: 0}",
        "scaling: {schedules: [{name: a, cron: 0 8 ? * * *, min_instances: 1, max_instances: 1}]}",
        "instance_type: ml.p3.2xlarge, image: {tag: 24.09-py3}, volume_size_gb: 512",
        "instance_type: ml.g6e.xlarge, inference_ami: default, image: {tag: 24.09-py3}",
        "image: {tag: 23.03-py3}, inference_ami: default",
    ],
)
def test_whatever_the_file_may_say_the_constructs_take(
    section: str, load: Callable[[str], Platform]
) -> None:
    platform = load(f"platform: test\nregion: us-east-1\nendpoint: {{{section}}}\n")
    plan = platform.endpoint
    assert plan is not None
    data = ModelData(bucket=cast(Any, None), prefix=platform.prefix, key=cast(Any, None))

    props = endpoint_props(platform, plan, vpc=cast(Any, None), model_data=data)

    assert props.endpoint_name == platform.fleet
    assert (scaling_props(plan) is None) == (plan.section.scaling is None)
