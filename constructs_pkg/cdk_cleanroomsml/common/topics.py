"""Topics that a service of AWS sends notices to: it must be let in by the topic's policy, and by its key's."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import aws_cdk as cdk
from aws_cdk import aws_sns as sns

from .keys import PUBLISHING, is_defined_here, let_service_publish

if TYPE_CHECKING:
    from aws_cdk.interfaces.aws_kms import IKeyRef
    from constructs import Construct


def let_service_in(construct: Construct, parameter: str, topic: sns.ITopic, service: str, *, added: bool) -> None:
    """Lets a service use a topic's key, and warns of what can't be changed from here.

    Args:
        construct: The construct that the topic was given to; it carries warnings.
        parameter: The parameter's name, as the user wrote it.
        topic: The topic.
        service: The service principal.
        added: Whether the topic's policy lets the service publish by now.
    """
    annotations = cdk.Annotations.of(construct)
    key = _key_of(topic)
    if not added:
        also = "" if key is not None else f", and its key, if it has one, allow it {' and '.join(PUBLISHING)}"
        annotations.add_warning_v2(
            f"cdk-cleanroomsml:{_camel(parameter)}PolicyNotAdded",
            f"the policy of the given {parameter} can't be changed from here; it must let {service} publish{also}",
        )
    if key is not None and not let_service_publish(key, service):
        annotations.add_warning_v2(
            f"cdk-cleanroomsml:{_camel(parameter)}KeyPolicyNotAdded",
            f"the policy of the key of the given {parameter} can't be changed from here; it must allow {service}"
            f" {' and '.join(PUBLISHING)} (the key that AWS manages, alias/aws/sns, doesn't)",
        )
    if key is None and _has_key_of_its_own(topic):
        annotations.add_warning_v2(
            f"cdk-cleanroomsml:{_camel(parameter)}KeyUnknown",
            f"the given {parameter} has a key that isn't known here; its policy must allow {service}"
            f" {' and '.join(PUBLISHING)}",
        )
    if topic.fifo:
        annotations.add_warning_v2(
            f"cdk-cleanroomsml:{_camel(parameter)}IsFifo",
            f"the given {parameter} is a FIFO topic, and that {service} sends to one isn't documented: use a standard"
            " topic",
        )


def _key_of(topic: sns.ITopic) -> IKeyRef | None:
    return cast("IKeyRef | None", getattr(topic, "master_key", None))


def _has_key_of_its_own(topic: sns.ITopic) -> bool:
    """Whether the template says a key that CDK's object doesn't tell."""
    resource = topic.node.default_child if is_defined_here(topic) else None
    return isinstance(resource, sns.CfnTopic) and resource.kms_master_key_id is not None


def _camel(parameter: str) -> str:
    first, *rest = parameter.split("_")
    return first + "".join(word.capitalize() for word in rest)
