"""What a part of an application waits for, as far as it can be told when the application is defined."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, cast

import aws_cdk as cdk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constructs import IConstruct


def target_of(name: str) -> cdk.CfnResource | None:
    """The resource that a text stands for; ``None`` if it is more or something else than one reference.

    Args:
        name: The text, a Token.
    """
    fragments = cdk.Tokenization.reverse_string(name)
    token = fragments.first_token
    if fragments.length != 1 or token is None or not cdk.Reference.is_reference(token):
        return None
    target = cast("cdk.Reference", token).target
    return target if isinstance(target, cdk.CfnResource) else None


def comes_from_outside(name: str, stack: cdk.Stack) -> bool:
    """Whether nothing in a stack must be there before a text is known: it has parameters, imports, other stacks' parts.

    Args:
        name: The text, with Tokens.
        stack: The stack that it is used in.
    """
    return all(_is_from_outside(each, stack) for each in cdk.Tokenization.reverse_string(name).tokens)


def _is_from_outside(token: cdk.IResolvable, stack: cdk.Stack) -> bool:
    if not cdk.Reference.is_reference(token):
        return _IN_STACK.search(json.dumps(stack.resolve(token))) is None
    target = cast("cdk.Reference", token).target
    if isinstance(target, cdk.CfnResource):
        # What is in a nested stack of this one comes from a resource of this one.
        return stack not in target.stack.node.scopes
    return isinstance(target, cdk.CfnParameter)


_IN_STACK = re.compile(r'"(Ref": "(?!AWS::)|Fn::GetAtt"|Fn::Sub"|Fn::If")')
"""What may refer to a resource of a template, or to what nobody here knows."""


def waits(constructs: Sequence[IConstruct], stack: cdk.Stack, known: dict[int, bool]) -> bool:
    """Whether a dependency was added to any of some constructs, a part of one, or what one is a part of.

    Args:
        constructs: The constructs; what is a part of one before it is looked at with that.
        stack: Their stack, beyond which nobody looks.
        known: What is known of constructs already; it is added to.
    """
    looked_at: list[IConstruct] = []
    for construct in constructs:
        if construct in looked_at:
            continue
        node = construct.node
        scopes = node.scopes
        above = scopes[scopes.index(stack) + 1 : -1] if stack in scopes else scopes[:-1]
        parts = node.find_all()
        if any(_waits_itself(each, known) for each in (*above, *parts)):
            return True
        looked_at += parts
    return False


def _waits_itself(construct: IConstruct, known: dict[int, bool]) -> bool:
    if id(construct) not in known:
        explicit = bool(construct.node.dependencies)
        of_its_resource = isinstance(construct, cdk.CfnResource) and bool(construct.obtain_dependencies())
        known[id(construct)] = explicit or of_its_resource
    return known[id(construct)]
