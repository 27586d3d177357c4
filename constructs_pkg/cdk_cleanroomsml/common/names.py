"""Names that follow from where a construct stands in its stack.

What they begin with is the name of the stack that is deployed by itself: nested stacks and the constructs around the
stack (a ``Stage``, say) have no part in it. So a stack that moves in its application, and keeps its name, changes
nothing. ``aws_cdk.Names`` and ``node.addr`` go by the whole path instead.
"""

from __future__ import annotations

import hashlib
import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk

from .environment import is_token, known_of, path_below, stack_of

if TYPE_CHECKING:
    from constructs import Construct

_HASH_LENGTH = 8


def place_of(construct: Construct) -> tuple[str, ...]:
    """The name of the stack that is deployed by itself, and the ids below it down to the construct."""
    stack = deployed_stack_of(construct)
    name = known_of(stack, "name", lambda: stack.stack_name)
    below = path_below(stack, construct)
    return (name, *below.split("/")) if below else (name,)


def deployed_stack_of(construct: Construct) -> cdk.Stack:
    """The stack of a construct; the outermost one when it is in a nested stack."""
    stack = stack_of(construct)
    return known_of(stack, "deployed stack", lambda: _around(stack))


def _around(stack: cdk.Stack) -> cdk.Stack:
    parent = stack.nested_stack_parent
    return stack if parent is None else _around(parent)


def path_of(construct: Construct) -> str:
    """Where a construct stands, for people."""
    return "/".join(place_of(construct))


def unique_name(place: tuple[str, ...], *, most: int, separator: str = "", also: Any = None) -> str:  # noqa: ANN401
    """A name of letters and digits that no other place has.

    Args:
        place: The stack's name and the ids below it.
        most: How many characters it may have.
        separator: What stands between the parts.
        also: What else the name changes with, as JSON has it.
    """
    said = json.dumps([place, also], sort_keys=True)
    digest = hashlib.sha256(said.encode()).hexdigest()[:_HASH_LENGTH].upper()
    words = (re.sub("[^A-Za-z0-9]", "", part) for part in place)
    readable = separator.join(word for word in words if word)[: most - len(separator) - _HASH_LENGTH]
    return f"{readable.rstrip(separator or None)}{separator}{digest}"


@cache
def _if_needed() -> str:
    return cdk.PhysicalName.GENERATE_IF_NEEDED


def is_generated_if_needed(name: str) -> bool:
    """Whether a name is to be generated only if another account or Region must know it."""
    return is_token(name) and name == _if_needed()


class _PlaceIndependentResolver(cdk.DefaultTokenResolver):
    """Resolves Tokens to what they mean, whichever stack asks: a reference is told by the place of what it refers to.

    CDK's own resolution of a reference to another stack has ids of the whole path in it.
    """

    def resolve_token(
        self, t: cdk.IResolvable, context: cdk.IResolveContext, post_processor: cdk.IPostProcessor
    ) -> str:
        if cdk.Reference.is_reference(t):
            reference = cast("cdk.Reference", t)
            meant: Any = [*place_of(cast("Construct", reference.target)), reference.display_name]
        else:
            meant = super().resolve_token(t, context, post_processor)
        return meant if isinstance(meant, str) else json.dumps(meant, sort_keys=True)


def resolve_without_place(value: Any, scope: Construct) -> Any:  # noqa: ANN401
    """A value without Tokens that says the same wherever its stack stands in the application.

    Args:
        value: As JSON has it, with Tokens in it.
        scope: The construct that it belongs to.
    """
    resolver = cast("cdk.ITokenResolver", _PlaceIndependentResolver(cdk.StringConcat()))
    return cdk.Tokenization.resolve(value, scope=scope, resolver=resolver, preparing=False)
