"""Nested stacks of ministack's CloudFormation: what a parent's resource says that they are."""

# ruff: noqa: SLF001 - the whole point of this file

from __future__ import annotations

import copy
from typing import Any

from ministack.core import responses
from ministack.services import cloudformation
from ministack.services.cloudformation import engine, helpers, provisioners

from ._stack import Opaque, Stack, say_of_stack

RESTORED = (
    "_resources",
    "_template",
    "_template_body",
    "_resolved_params",
    "_conditions",
    "Parameters",
    "Tags",
    "Outputs",
)
"""What a stack has back after a roll-back."""


def nested_stack(
    parent: Stack, logical_id: str, properties: dict[str, Any], physical_id: str
) -> tuple[Stack, Opaque, Opaque, Stack | None]:
    """A nested stack as its parent's resource describes it, about to be created or updated.

    Args:
        parent: the stack that it is in.
        logical_id: its own in there.
        properties: of the resource.
        physical_id: its id if it is there already, else "".

    Returns:
        The stack, its new template, its new parameters, and what it was before, if it was.

    Raises:
        ValueError: the template can't be read, or the parameters aren't texts.
    """
    body, error = helpers._resolve_template({"TemplateURL": [properties.get("TemplateURL")]})
    if error is not None or not body:
        raise ValueError(f"the template of a nested stack can't be read: {properties.get('TemplateURL')}")
    template = engine._parse_template(body)
    provisioners._check_nested_stack_capabilities(parent["StackName"], template)
    given: dict[str, Opaque] = properties.get("Parameters") or {}
    if any(isinstance(value, list) for value in given.values()):
        raise ValueError("Value of property Parameters must be an object with String (or simple type) properties")
    texts = [{"Key": name, "Value": "" if value is None else str(value)} for name, value in given.items()]
    parameters = engine._resolve_parameters(template, texts)
    tags = [
        {"Key": key, "Value": value}
        for key, value in provisioners._tag_map(properties.get("Tags")).items()
        if not key.startswith("aws:")
    ]
    previous: Stack | None = None
    if not physical_id:
        stack = _new_nested_stack(parent, logical_id)
    else:
        stack = cloudformation._stacks[provisioners._nested_stack_lookup_name(physical_id)]
        previous = copy.deepcopy({name: stack[name] for name in RESTORED})
    stack |= {
        "StackStatus": "UPDATE_IN_PROGRESS" if physical_id else "CREATE_IN_PROGRESS",
        "LastUpdatedTime": responses.now_iso(),
        "Description": template.get("Description", ""),
        "Parameters": [
            {"ParameterKey": name, "ParameterValue": each["Value"], "NoEcho": each["NoEcho"]}
            for name, each in parameters.items()
        ],
        "Tags": tags,
        "Capabilities": provisioners._inherited_capabilities(parent["StackName"]),
        "_template_body": body,
        "_conditions": engine._evaluate_conditions(template, parameters),
    }
    if previous is None:
        stack |= {"_template": template, "_resolved_params": parameters}
    say_of_stack(stack, stack["StackStatus"])
    return stack, template, parameters, previous


def _new_nested_stack(parent: Stack, logical_id: str) -> Stack:
    name = f"{parent['StackName']}-{logical_id}-{responses.new_uuid()[:12]}"
    where = f"{responses.get_region()}:{responses.get_account_id()}"
    stack_id = f"arn:aws:cloudformation:{where}:stack/{name}/{responses.new_uuid()}"
    stack = {
        "StackName": name,
        "StackId": stack_id,
        "StackStatusReason": "",
        "CreationTime": responses.now_iso(),
        "Outputs": [],
        "DisableRollback": True,
        "_resources": {},
        "_region": responses.get_region(),
        "_parent_stack_name": parent["StackName"],
        "RootId": parent.get("RootId", parent["StackId"]),
        "ParentId": parent["StackId"],
    }
    cloudformation._stacks[name] = stack
    cloudformation._stack_events.setdefault(stack_id, [])
    return stack
