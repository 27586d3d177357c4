"""What an operation may ask about the call that it serves."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from .faults import Faults
    from .store import Store
    from .switches import Switches

Authorize = Callable[[str, str], None]
"""Checks that the caller may do an action on a resource (its ARN); raises ServiceError."""


def allow(action: str, resource: str) -> None:
    """Authorises everybody."""


@dataclass(frozen=True)
class Context:
    """Where, when and under which conditions a call happens."""

    account: str
    region: str
    store: Store
    switches: Switches
    faults: Faults
    now: datetime
    authorize: Authorize

    def new_arn(self, kind: str) -> str:
        """An ARN for a new resource of this kind, such as `audience-model`."""
        return f"arn:{_partition(self.region)}:cleanrooms-ml:{self.region}:{self.account}:{kind}/{uuid.uuid4()}"

    def pass_role(self, role_arn: str) -> None:
        """Checks that the caller may pass this role to the service."""
        self.authorize("iam:PassRole", role_arn)

    def tag_on_create(self, arn: str, request: dict[str, Any]) -> None:
        """Checks that the caller may tag what it is about to create with tags."""
        if request.get("tags"):
            self.authorize("cleanrooms-ml:TagResource", arn)

    def page_size(self, request: dict[str, Any]) -> int:
        """How many items a List may answer."""
        return int(request.get("maxResults", self.switches.default_page_size))


def _partition(region: str) -> str:
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"
