"""SNS: topics, subscriptions and topic policies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from inferctl.localaws.cloudformation.model import LiveResource
from inferctl.localaws.cloudformation.values import as_text

from .base import Made, Request, ResourceType, changed_names, names
from .table import change_tags

_ATTRIBUTES = names("DisplayName KmsMasterKeyId SignatureVersion TracingConfig")


def _tag(request: Request, arn: str, added: list[dict[str, str]], removed: list[str]) -> None:
    client = request.client("sns")
    if removed:
        client.untag_resource(ResourceArn=arn, TagKeys=removed)
    if added:
        client.tag_resource(ResourceArn=arn, Tags=added)


def _set(request: Request, arn: str, changed: set[str]) -> None:
    for name in sorted(changed & _ATTRIBUTES):
        value = as_text(request.properties.get(name, ""))
        request.client("sns").set_topic_attributes(
            TopicArn=arn, AttributeName=name, AttributeValue=value
        )


def _create_topic(request: Request) -> Made:
    name = request.properties.get("TopicName") or request.name(256)
    arn = request.client("sns").create_topic(Name=name)["TopicArn"]
    request.announce(arn)
    _set(request, arn, set(request.properties))
    change_tags(_tag, request, arn, {})
    return Made(arn, {"TopicArn": arn, "TopicName": name})


def _update_topic(request: Request, live: LiveResource) -> Made:
    _set(request, live.physical_id, changed_names(live.properties, request.properties))
    change_tags(_tag, request, live.physical_id, live.properties)
    return Made(live.physical_id, live.attributes)


def _delete_topic(request: Request, live: LiveResource) -> None:
    request.client("sns").delete_topic(TopicArn=live.physical_id)


def _create_subscription(request: Request) -> Made:
    answer = request.client("sns").subscribe(**request.properties, ReturnSubscriptionArn=True)
    return Made(answer["SubscriptionArn"], {"Arn": answer["SubscriptionArn"]})


def _delete_subscription(request: Request, live: LiveResource) -> None:
    request.client("sns").unsubscribe(SubscriptionArn=live.physical_id)


def _put_policy(request: Request, physical_id: str) -> Made:
    document = json.dumps(request.properties["PolicyDocument"])
    for topic in request.properties["Topics"]:
        request.client("sns").set_topic_attributes(
            TopicArn=topic, AttributeName="Policy", AttributeValue=document
        )
    return Made(physical_id, {"Id": physical_id})


def _create_policy(request: Request) -> Made:
    return _put_policy(request, request.name(128))


def _update_policy(request: Request, live: LiveResource) -> Made:
    _clear(request, set(live.properties["Topics"]) - set(request.properties["Topics"]))
    return _put_policy(request, live.physical_id)


def _delete_policy(request: Request, live: LiveResource) -> None:
    _clear(request, set(live.properties["Topics"]))


def _clear(request: Request, topics: set[str]) -> None:
    """A topic cannot be without a policy: give it one that grants the owner alone."""
    owner: Mapping[str, Any] = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": request.account},
                "Action": "sns:*",
                "Resource": "*",
            }
        ],
    }
    for topic in sorted(topics):
        request.client("sns").set_topic_attributes(
            TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(owner)
        )


TYPES: dict[str, ResourceType] = {
    "AWS::SNS::Topic": ResourceType(
        _create_topic,
        _delete_topic,
        _ATTRIBUTES | names("TopicName Tags"),
        update=_update_topic,
        replace_on=names("TopicName"),
    ),
    "AWS::SNS::Subscription": ResourceType(
        _create_subscription, _delete_subscription, names("Endpoint Protocol TopicArn")
    ),
    "AWS::SNS::TopicPolicy": ResourceType(
        _create_policy,
        _delete_policy,
        names("PolicyDocument Topics"),
        update=_update_policy,
    ),
}
