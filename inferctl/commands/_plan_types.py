"""The instance types that ``inferctl plan`` compares, and the fleets that they would need."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from decimal import Decimal
from difflib import get_close_matches

from accelerator_catalog import GPU_INSTANCES, GpuInstance, MultiModelSupport, regions_offering
from inferctl.commands._plan_options import assumptions_of
from inferctl.cost.price_basis import PriceBasis, UnknownPriceError, catalogue_price
from inferctl.planner.machine import machine_of
from inferctl.planner.plan import MOST_INSTANCES, Question, smallest_fleet
from inferctl.planner.report import Option
from load_client.errors import InputError
from stacks.config import EndpointPlan, Platform

ANY = "any"


def types_of(
    asked: Sequence[str], platform: Platform, endpoint: EndpointPlan
) -> tuple[GpuInstance, ...]:
    """The instance types to plan for; raises `InputError` for those that cannot be."""
    problems = []
    for name in (name for name in asked if name != ANY):
        instance = GPU_INSTANCES.get(name)
        if instance is None:
            near = get_close_matches(name, GPU_INSTANCES, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            problems.append(f"--instance-type {name!r} is not in the catalogue{hint}")
        elif instance.multi_model is MultiModelSupport.UNSUPPORTED:
            problems.append(f"--instance-type {name} has {instance.gpu_count} GPUs; one is allowed")
        elif platform.region not in regions_offering(instance):
            problems.append(f"--instance-type {name} is not offered in {platform.region}")
    if problems:
        raise InputError(problems)
    if ANY in asked:
        return _offered(platform)
    return tuple(GPU_INSTANCES[name] for name in dict.fromkeys(asked)) or (endpoint.instance,)


def _offered(platform: Platform) -> tuple[GpuInstance, ...]:
    return tuple(
        row
        for row in GPU_INSTANCES.values()
        if row.multi_model is not MultiModelSupport.UNSUPPORTED
        and platform.region in regions_offering(row)
    )


def most_instances(endpoint: EndpointPlan) -> int:
    """What the platform's scaling allows."""
    section = endpoint.section
    if section.scaling is None:
        return section.initial_instance_count
    return section.scaling.max_instances


def options_of(
    question: Question,
    given: argparse.Namespace,
    platform: Platform,
    types: Sequence[GpuInstance],
    *,
    most: int,
) -> tuple[Option, ...]:
    """Each type's smallest fleet of at most ``most`` instances, with its price."""
    assumptions = assumptions_of(given)
    return tuple(
        Option(
            answer=smallest_fleet(question, machine_of(each, assumptions), most=most),
            price=_price(each, platform.region),
        )
        for each in types
    )


def instead_of(
    question: Question, given: argparse.Namespace, platform: Platform, tried: Sequence[Option]
) -> tuple[Option, ...]:
    """More of the same, and the cheapest of the priced types."""
    names = [option.answer.machine.name for option in tried]
    same = tuple(GPU_INSTANCES[name] for name in names)
    others = tuple(
        each
        for each in _offered(platform)
        if each.name not in names and _price(each, platform.region) is not None
    )
    found = [options_of(question, given, platform, same, most=MOST_INSTANCES)]
    best = cheapest([option for option in found[0] if option.answer.holds])
    for each in sorted(others, key=lambda each: _usd_per_hour(each, platform.region)):
        # no more instances than would cost as much as the best so far
        usd, most = _usd_per_hour(each, platform.region), MOST_INSTANCES
        if best is not None and best.price is not None:
            dollars = best.price.usd_per_hour * best.answer.forecast.instances
            most = min(most, int(dollars / usd))
        if most >= 1:
            found.append(options_of(question, given, platform, (each,), most=most))
            best = cheapest(
                [option for options in found for option in options if option.answer.holds]
            )
    more = cheapest([option for option in found[0] if option.answer.holds])
    return tuple(option for option in dict.fromkeys((more, best)) if option is not None)


def cheapest(options: Sequence[Option]) -> Option | None:
    """The cheapest of those with a price, else the one of fewest instances."""
    priced = [option for option in options if option.usd_per_month is not None]
    if priced:
        return min(priced, key=lambda option: option.usd_per_month or 0)
    return min(options, key=lambda option: option.answer.forecast.instances, default=None)


def _usd_per_hour(instance: GpuInstance, region: str) -> Decimal:
    return catalogue_price(instance.name, region=region).usd_per_hour


def _price(instance: GpuInstance, region: str) -> PriceBasis | None:
    try:
        return catalogue_price(instance.name, region=region)
    except UnknownPriceError:
        return None
