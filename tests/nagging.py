"""What a pack of cdk-nag finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk

if TYPE_CHECKING:
    from constructs import IConstruct


def findings(checks: Any, scope: IConstruct) -> dict[str, set[str]]:
    """The rules that a pack finds broken in a scope, and the paths of what breaks them."""
    report = checks(scope).validate_scope(scope)
    # A copy by value takes one message to CDK's kernel; the report itself takes one for each thing that is read of it.
    copy = cdk.Stack().resolve(report)
    found: dict[str, set[str]] = {}
    for violation in copy["violations"]:
        paths = {each["constructPath"] for each in violation["violatingResources"]}
        found.setdefault(violation["ruleName"], set()).update(paths)
    return found
