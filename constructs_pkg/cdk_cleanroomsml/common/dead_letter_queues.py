"""Queues that take what couldn't be delivered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

from .environment import environment_of, environment_of_resource, is_token, known_to_differ, stack_of
from .keys import PUBLISHING, is_defined_here, may_use

if TYPE_CHECKING:
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_sqs as sqs
    from constructs import Construct, IConstruct

    from .problems import Problems


QUEUE_REGION = "a queue can only take what its own Region sends: use one of that Region"


def check_dead_letter_queue(problems: Problems, queue: sqs.IQueue | None, stack: cdk.Stack) -> None:
    """Checks that a queue can be one.

    Source: Lambda Developer Guide and EventBridge Scheduler User Guide: a standard queue of the same Region.

    Args:
        problems: Where to say what is wrong.
        queue: The queue, if there is one.
        stack: The stack of what sends to it.
    """
    check_is_standard(problems, queue)
    problems.resource("dead_letter_queue", queue, stack, QUEUE_REGION, account=False)


def check_is_standard(problems: Problems, queue: sqs.IQueue | None) -> None:
    """Checks that a queue, if there is one, is a standard one."""
    if queue is not None and queue.fifo:
        problems.found.append("dead_letter_queue must be a standard queue, got a FIFO queue")


def allow_to_use_key_of(construct: Construct, queue: sqs.IQueue, role: iam.Role) -> None:
    """Lets a role use the key of a queue that it sends to, which CDK doesn't see to.

    Args:
        construct: The construct that the queue was given to; it carries warnings.
        queue: The queue.
        role: Who sends.
    """
    statement = use_of_key_of(construct, queue, role, role.role_arn)
    if statement is not None:
        role.add_to_policy(statement)


def use_of_key_of(
    construct: Construct, queue: sqs.IQueue, role: IConstruct, role_arn: str
) -> iam.PolicyStatement | None:
    """What whoever sends to a queue must be allowed because of its key; warns of what can't be seen to from here.

    Args:
        construct: The construct that the queue was given to; it carries warnings.
        queue: The queue.
        role: Who sends.
        role_arn: Its ARN.
    """
    key = queue.encryption_master_key
    if key is None and not is_defined_here(queue):
        cdk.Annotations.of(construct).add_warning_v2(
            "cdk-cleanroomsml:deadLetterQueueKeyUnknown",
            "whether the given dead_letter_queue is encrypted with a customer managed key isn't known: if it is, import"
            " it with Queue.from_queue_attributes and its key_arn",
        )
    account = environment_of_resource(queue).account
    if known_to_differ(account, environment_of(stack_of(construct)).account):
        cdk.Annotations.of(construct).add_warning_v2(
            "cdk-cleanroomsml:deadLetterQueueInAnotherAccount",
            f"the given dead_letter_queue belongs to account {account}: its policy, and its key's, must allow"
            f" {role.node.path if is_token(role_arn) else role_arn} to send there",
        )
    return None if key is None else may_use(key, *PUBLISHING)
