"""What is asked for problems when an application is synthesised."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

import jsii
from constructs import IValidation

from .environment import known_of

if TYPE_CHECKING:
    from constructs import Construct

Check = Callable[[], list[str]]


def checks_of(construct: Construct) -> list[Check]:
    """The checks that a construct does for all that is in it: one validation, because each costs its calls into CDK.

    Args:
        construct: A stack, or what all in it share.
    """
    return known_of(construct, "checks", lambda: _checks_of(construct))


def _checks_of(construct: Construct) -> list[Check]:
    checks: list[Check] = []
    construct.node.add_validation(cast("IValidation", _Checks(checks)))
    return checks


@jsii.implements(IValidation)
class _Checks:
    def __init__(self, checks: list[Check]) -> None:
        self._checks = checks

    def validate(self) -> list[str]:
        return [problem for check in self._checks for problem in check()]
